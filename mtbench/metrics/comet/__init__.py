"""COMET: every class of checkpoint of unbabel-comet, on torch and transformers alone.

``words`` and ``model`` are the tokenizer, encoder, layer mix and heads; ``encode``, ``regression``,
``unified`` and ``xcomet`` the inference loop; ``checkpoint``, ``identity`` and ``cache`` find and
keep things; ``session`` holds them together for ``metric`` and ``scorer``. ``oracle`` compares the
scores with the library's own, which ``library`` asks for in whichever environment has it.
"""
