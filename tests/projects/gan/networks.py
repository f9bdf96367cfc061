from torch import nn


class Generator(nn.Module):
    def __init__(self, latent=8, features=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, features), nn.Tanh()
        )

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    def __init__(self, features=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(features, 32), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(32, 1)
        )

    def forward(self, x):
        return self.net(x)
