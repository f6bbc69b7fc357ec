"""The whole way: from files to answers, as a user goes it."""
