# %% [markdown]
# Look at some numbers

# %%
import torch

y = torch.randn(3, 4)
y.add(1)  # expect: result-discarded
y.softmax(dim=1)

# %%
if y.ndim > 1:
    y.flatten()  # expect: result-discarded
y.flatten()
