"""Good documents of every format, made here, of fictional people and issuers: a module a format."""
