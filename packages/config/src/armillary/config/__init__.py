"""Configuration from the environment and `.env` files, with typed casts and clear errors.

>>> from armillary.config import CommaSeparatedStrings, Config, Secret
>>> config = Config(environ={"DEBUG": "on", "SECRET_KEY": "hunter2", "HOSTS": "a.example, b.example"})
>>> config("DEBUG", cast=bool, default=False)
True
>>> config("SECRET_KEY", cast=Secret)
Secret('**********')
>>> list(config("HOSTS", cast=CommaSeparatedStrings))
['a.example', 'b.example']
"""

from ._comma_separated import CommaSeparatedStrings
from ._config import Config, InvalidSetting, MissingSetting, undefined
from ._env_file import EnvFileError
from ._environ import Environ, EnvironError, environ
from ._secret import Secret

__all__ = [
    "CommaSeparatedStrings",
    "Config",
    "EnvFileError",
    "Environ",
    "EnvironError",
    "InvalidSetting",
    "MissingSetting",
    "Secret",
    "environ",
    "undefined",
]
