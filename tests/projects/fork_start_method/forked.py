import torch.multiprocessing as mp
from data import make_loader

mp.set_start_method("fork")
loader = make_loader()
for (x,) in loader:
    print(x.shape)
