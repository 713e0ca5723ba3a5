"""Files: whole writes, strict reading, digests, XML from strangers."""
