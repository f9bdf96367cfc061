import torch
from model import Attention

device = "cuda" if torch.cuda.is_available() else "cpu"
model = Attention(8).to(device)
