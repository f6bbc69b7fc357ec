"""HTTP as the routers use it: requests and bodies in, negotiated and conditional answers out, problems for errors."""
