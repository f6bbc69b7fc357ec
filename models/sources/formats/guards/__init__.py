"""What keeps a file from harm: errors of libraries as one line, archives that unpack to too much, entities in XML."""
