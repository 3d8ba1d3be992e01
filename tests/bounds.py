"""The bound at which a test takes something for endless; no test is about how fast something is."""

#: Seconds of the processor. What a hostile text makes quadratic takes minutes, and a busy machine
#: takes several times what an idle one does.
FOR_EVER = 30
