# coding: utf-8

# In[1]:


import torch

x = torch.randn(3, 4)
x.unsqueeze(0)


# In[2]:


x.clamp(min=0)  # expect: result-discarded
x.requires_grad


# In[3]:


x.requires_grad  # expect: result-discarded
x.squeeze()
