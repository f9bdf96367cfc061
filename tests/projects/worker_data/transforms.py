import random


class Jitter:
    def __init__(self):
        self.random = random.Random(0)

    def __call__(self, image):
        return image * self.random.random()  # expect: worker-rng-duplicated
