"""Rollouts without gradients, replay, target networks, actor and critic."""

import copy
import random
from collections import deque

import torch
import torch.nn.functional as F
from networks import MLP
from torch import nn, optim
from torch.distributions import Categorical


def deep_q_learning(env, episodes=100, gamma=0.99):
    policy_net, target_net = MLP(), MLP()
    target_net.load_state_dict(policy_net.state_dict())
    target_net.eval()
    optimizer = optim.Adam(policy_net.parameters(), lr=1e-3)
    memory = deque(maxlen=10_000)

    def select_action(state):
        if random.random() < 0.1:
            return random.randrange(2)
        with torch.no_grad():
            return policy_net(state).argmax(dim=1).item()

    def optimize():
        if len(memory) < 32:
            return
        states, actions, rewards, following, done = map(torch.stack, zip(*random.sample(memory, 32)))
        chosen = policy_net(states).gather(1, actions)
        with torch.no_grad():
            best = target_net(following).max(1).values
        loss = F.smooth_l1_loss(chosen, (rewards + gamma * best * (1 - done)).unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        for parameter in policy_net.parameters():
            parameter.grad.data.clamp_(-1, 1)
        optimizer.step()

    for episode in range(episodes):
        state, done = env.reset(), False
        while not done:
            action = select_action(state)
            following, reward, done = env.step(action)
            memory.append((state, torch.tensor([action]), torch.tensor(reward), following, torch.tensor(float(done))))
            state = following
            optimize()
        if episode % 10 == 0:
            target_net.load_state_dict(policy_net.state_dict())


def reinforce(env, gamma=0.99):
    policy = MLP()
    optimizer = optim.Adam(policy.parameters(), lr=1e-2)
    for _ in range(1000):
        state, done = env.reset(), False
        log_probs, rewards = [], []
        while not done:
            distribution = Categorical(F.softmax(policy(torch.from_numpy(state).float()), dim=-1))
            action = distribution.sample()
            log_probs.append(distribution.log_prob(action))
            state, reward, done = env.step(action.item())
            rewards.append(reward)
        returns, total = [], 0.0
        for reward in reversed(rewards):
            total = reward + gamma * total
            returns.insert(0, total)
        optimizer.zero_grad()
        loss = torch.stack([-log_prob * value for log_prob, value in zip(log_probs, returns)]).sum()
        loss.backward()
        optimizer.step()


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 16)
        self.actor = nn.Linear(16, 2)
        self.critic = nn.Linear(16, 1)

    def forward(self, x):
        x = F.relu(self.body(x))
        return F.softmax(self.actor(x), dim=-1), self.critic(x)


def advantage_actor_critic(env, steps=5, gamma=0.99):
    model = ActorCritic()
    optimizer = optim.Adam(model.parameters())
    state = env.reset()
    while True:
        log_probs, values, rewards, entropy = [], [], [], 0
        for _ in range(steps):
            probabilities, value = model(state)
            distribution = Categorical(probabilities)
            action = distribution.sample()
            state, reward, done = env.step(action.numpy())
            log_probs.append(distribution.log_prob(action))
            values.append(value)
            rewards.append(reward)
            entropy += distribution.entropy().mean()
            if done:
                break
        with torch.no_grad():
            _, following = model(state)
        returns = []
        for reward in reversed(rewards):
            following = reward + gamma * following
            returns.insert(0, following)
        advantage = torch.cat(returns).detach() - torch.cat(values)
        actor_loss = -(torch.stack(log_probs) * advantage.detach()).mean()
        loss = actor_loss + 0.5 * advantage.pow(2).mean() - 0.001 * entropy
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class DDPG:
    def __init__(self):
        self.actor, self.critic = MLP(4, 1), MLP(5, 1)
        self.target_actor, self.target_critic = copy.deepcopy(self.actor), copy.deepcopy(self.critic)
        self.for_actor = optim.Adam(self.actor.parameters(), lr=1e-4)
        self.for_critic = optim.Adam(self.critic.parameters(), lr=1e-3)
        self.replay = deque(maxlen=1000)

    @torch.no_grad()
    def act(self, state, noise=0.1):
        self.actor.eval()
        action = self.actor(state)
        self.actor.train()
        return (action + noise * torch.randn_like(action)).numpy()

    def learn(self, gamma=0.99, tau=0.005):
        state, action, reward, following, done = map(torch.stack, zip(*random.sample(self.replay, 32)))
        with torch.no_grad():
            value = self.target_critic(torch.cat([following, self.target_actor(following)], dim=1))
            wanted = reward + gamma * (1 - done) * value
        critic_loss = F.mse_loss(self.critic(torch.cat([state, action], dim=1)), wanted)
        self.for_critic.zero_grad()
        critic_loss.backward()
        self.for_critic.step()
        actor_loss = -self.critic(torch.cat([state, self.actor(state)], dim=1)).mean()
        self.for_actor.zero_grad()
        actor_loss.backward()
        self.for_actor.step()
        for target, source in ((self.target_actor, self.actor), (self.target_critic, self.critic)):
            for old, new in zip(target.parameters(), source.parameters()):
                old.data.copy_(tau * new + (1 - tau) * old)  # expect: tensor-data-access


def proximal_policy(env, model: ActorCritic, epochs=4, clip=0.2):
    optimizer = optim.Adam(model.parameters(), lr=3e-4)
    for _ in range(100):
        states, actions, old_log_probs, values, rewards = [], [], [], [], []
        state = env.reset()
        for _ in range(128):
            with torch.no_grad():
                probabilities, value = model(state)
            distribution = Categorical(probabilities)
            action = distribution.sample()
            states.append(state)
            actions.append(action)
            old_log_probs.append(distribution.log_prob(action))
            values.append(value)
            state, reward, _ = env.step(action)
            rewards.append(reward)
        returns = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
        advantages = returns - torch.cat(values)
        for _ in range(epochs):
            probabilities, value = model(torch.stack(states))
            log_probs = Categorical(probabilities).log_prob(torch.stack(actions))
            ratio = (log_probs - torch.stack(old_log_probs)).exp()
            surrogate = torch.min(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)
            loss = -surrogate.mean() + 0.5 * F.mse_loss(value.squeeze(-1), returns)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
