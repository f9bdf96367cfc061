"""GANs: several optimizers, each cleared before its own backward."""

import torch
from networks import MLP
from torch import nn, optim


def discriminator_then_generator(loader, latent=8):
    generator, discriminator = MLP(latent, 4), MLP(4, 1)
    for_d = optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    for_g = optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    for real in loader:
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)

        discriminator.zero_grad()
        loss_real = criterion(discriminator(real), ones)
        loss_real.backward()
        fake = generator(torch.randn(len(real), latent))
        loss_fake = criterion(discriminator(fake.detach()), zeros)
        loss_fake.backward()
        for_d.step()

        generator.zero_grad()
        loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        for_g.step()
        print(loss_real.item() + loss_fake.item(), loss_g.item())


def critic_several_times(loader, latent=8, times=5, clip=0.01):
    generator, critic = MLP(latent, 4), MLP(4, 1)
    for_c = optim.RMSprop(critic.parameters(), lr=5e-5)
    for_g = optim.RMSprop(generator.parameters(), lr=5e-5)
    for i, real in enumerate(loader):
        for_c.zero_grad()
        noise = torch.randn(len(real), latent)
        with torch.no_grad():
            fake = generator(noise)
        loss = critic(fake).mean() - critic(real).mean()
        loss.backward()
        for_c.step()
        for parameter in critic.parameters():
            parameter.data.clamp_(-clip, clip)  # expect: tensor-data-access
        if i % times == 0:
            for_g.zero_grad()
            loss = -critic(generator(noise)).mean()
            loss.backward()
            for_g.step()


class CycleGAN:
    def __init__(self):
        self.a_to_b, self.b_to_a = MLP(4, 4), MLP(4, 4)
        self.judge_a, self.judge_b = MLP(4, 1), MLP(4, 1)
        self.for_generators = optim.Adam([*self.a_to_b.parameters(), *self.b_to_a.parameters()], lr=2e-4)
        self.for_judges = optim.Adam([*self.judge_a.parameters(), *self.judge_b.parameters()], lr=2e-4)

    def forward(self):
        self.fake_b = self.a_to_b(self.real_a)
        self.back_a = self.b_to_a(self.fake_b)
        self.fake_a = self.b_to_a(self.real_b)
        self.back_b = self.a_to_b(self.fake_a)

    def backward_generators(self):
        fooled = (self.judge_a(self.fake_a) - 1).pow(2).mean() + (self.judge_b(self.fake_b) - 1).pow(2).mean()
        cycle = (self.back_a - self.real_a).abs().mean() + (self.back_b - self.real_b).abs().mean()
        self.loss_generators = fooled + 10 * cycle
        self.loss_generators.backward()

    def backward_judge(self, judge, real, fake):
        loss = ((judge(real) - 1).pow(2).mean() + judge(fake.detach()).pow(2).mean()) / 2
        loss.backward()
        return loss

    def set_requires_grad(self, networks, flag):
        for network in networks:
            for parameter in network.parameters():
                parameter.requires_grad = flag

    def optimize_parameters(self, real_a, real_b):
        self.real_a, self.real_b = real_a, real_b
        self.forward()
        self.set_requires_grad([self.judge_a, self.judge_b], False)
        self.for_generators.zero_grad()
        self.backward_generators()
        self.for_generators.step()
        self.set_requires_grad([self.judge_a, self.judge_b], True)
        self.for_judges.zero_grad()
        self.backward_judge(self.judge_a, self.real_a, self.fake_a)
        self.backward_judge(self.judge_b, self.real_b, self.fake_b)
        self.for_judges.step()

    def fit(self, loader):
        for real_a, real_b in loader:
            self.optimize_parameters(real_a, real_b)


def with_gradient_penalty(loader, latent=8, weight=10.0):
    generator, critic = MLP(latent, 4), MLP(4, 1)
    for_c = optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    for_g = optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
    for real in loader:
        for _ in range(5):
            fake = generator(torch.randn(len(real), latent)).detach()
            mix = torch.rand(len(real), 1)
            between = (mix * real + (1 - mix) * fake).requires_grad_(True)
            scores = critic(between)
            (slopes,) = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)
            penalty = (slopes.norm(2, dim=1) - 1).pow(2).mean()
            for_c.zero_grad()
            (critic(fake).mean() - critic(real).mean() + weight * penalty).backward()
            for_c.step()
        for_g.zero_grad()
        (-critic(generator(torch.randn(len(real), latent))).mean()).backward()
        for_g.step()
