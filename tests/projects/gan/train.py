import torch
from networks import Discriminator, Generator
from penalty import gradient_penalty
from torch import optim
from torch.utils.data import DataLoader, TensorDataset


def set_requires_grad(net, wanted):
    for parameter in net.parameters():
        parameter.requires_grad = wanted


class GanTrainer:
    def __init__(self, latent=8):
        self.latent = latent
        self.netG = Generator(latent)
        self.netD = Discriminator()
        self.optimizer_G = optim.Adam(self.netG.parameters(), lr=2e-4, betas=(0.5, 0.9))
        self.optimizer_D = optim.Adam(self.netD.parameters(), lr=2e-4, betas=(0.5, 0.9))

    def backward_D(self, real):
        with torch.no_grad():
            fake = self.netG(torch.randn(len(real), self.latent))
        loss = self.netD(fake).mean() - self.netD(real).mean() + 10 * gradient_penalty(self.netD, real, fake)
        loss.backward()
        return loss.item()

    def backward_G(self, count):
        fake = self.netG(torch.randn(count, self.latent))
        loss = -self.netD(fake).mean()
        loss.backward()
        return loss.item()

    def optimize_parameters(self, real, update_generator):
        set_requires_grad(self.netD, True)
        self.optimizer_D.zero_grad()
        loss_D = self.backward_D(real)
        self.optimizer_D.step()
        loss_G = None
        if update_generator:
            set_requires_grad(self.netD, False)
            self.optimizer_G.zero_grad()
            loss_G = self.backward_G(len(real))
            self.optimizer_G.step()
        return loss_D, loss_G

    @torch.no_grad()
    def samples(self, count):
        self.netG.eval()
        images = self.netG(torch.randn(count, self.latent))
        self.netG.train()
        return images


def main(epochs=2, critic_steps=5):
    loader = DataLoader(TensorDataset(torch.randn(64, 16)), batch_size=8, shuffle=True)
    trainer = GanTrainer()
    for epoch in range(epochs):
        for i, (real,) in enumerate(loader):
            losses = trainer.optimize_parameters(real, i % critic_steps == 0)
            print(epoch, i, losses)
        torch.save(trainer.samples(16), "samples.pt")


if __name__ == "__main__":
    main()
