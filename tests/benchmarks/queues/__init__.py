"""The queue of Interlock and those of its peers: each a process that works off as many jobs as a line asks it to."""
