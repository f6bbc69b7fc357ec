"""What a checkpoint needs of the disk: files opened safely, mapped, locked, and copied to a cache."""
