from build import build_model
from engine import Engine


def what_the_engine_says_is_not_said_again(loader):
    Engine(build_model(), loader).fit()
