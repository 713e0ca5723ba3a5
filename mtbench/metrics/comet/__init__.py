"""COMET: every class of unbabel-comet, in an inference loop of our own.

Two halves. ``metric``, ``scorer``, ``signature``, ``languages`` and ``client`` run where mtbench
runs and import nothing heavy. ``session`` and what it uses (``checkpoint``, ``identity``, ``hub``,
``encode``, ``regression``, ``unified``, ``xcomet``, ``cache``, ``quiet``) run where COMET is
installed: in this process, or in another interpreter through ``worker``. That half imports nothing
outside the standard library but ``mtbench.errors``, ``mtbench.files.digests``, and COMET's own
stack inside functions, so that an environment that holds unbabel-comet alone is enough.
"""
