"""The configuration file: read, checked whole, and turned into what the bridge decides by.

document    YAML -> plain values and their lines
references  ${env:NAME} and ${file:PATH}: the only way to a secret
values      what one value may be: a text, a duration, a DN, ...
addresses   the same for addresses in the network
model       the file as a whole; directories, groups, limits and service are its parts
crosscheck  what no single value shows: undefined directories, groups defined twice
problems    everything found wrong, in our words
loading     all of these in order
policy      groups and limits as the core's Policy
schema      the JSON Schema for editors
"""

from bridge.config.loading import load
from bridge.config.model import Configuration
from bridge.config.references import Secret

__all__ = ["Configuration", "Secret", "load"]
