"""Known networks for pictures, from their papers, with torchvision's names and parameters."""

from . import alexnet as _alexnet
from .densenet import *
from .mobilenet import *
from .resnet import *
from .squeezenet import *
from .vgg import *

AlexNet, alexnet = _alexnet.AlexNet, _alexnet.alexnet
