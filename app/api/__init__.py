"""The doors of the house: HTTP routes for programs and server-rendered pages for people."""
