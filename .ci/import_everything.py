"""Imports every module and every heavy dependency: a resolution can pass pip and fail here."""

import importlib
import pkgutil
import warnings

import mtbench

warnings.simplefilter("ignore")
for module in pkgutil.walk_packages(mtbench.__path__, "mtbench."):
    if module.name != "mtbench.__main__":
        importlib.import_module(module.name)
for name in ("comet", "ctranslate2", "datasets", "sacrebleu", "torch", "transformers"):
    importlib.import_module(name)
print("every module and every mandated package can be imported")
