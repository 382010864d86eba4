"""Servers that the parts crawl.

- `nginx`: files of a folder, or a configuration of its own
- `hosts`: many hosts that note each request; with `names`, a name server for them
- `pages`: a site of a given number of pages, which counts how often each is requested
- `odd_site`: bodies and delays that no client likes, in a process of its own
- `recorder`: a server and a connection that note what clients send
"""
