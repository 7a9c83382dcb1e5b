"""What can be done with any list: saved views, bulk changes, files, the history of a record."""
