"""Where records and the objects they refer to are kept: a database by URL, and content-addressed files."""
