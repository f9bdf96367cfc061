import timm
import torchvision
import torchvision as tv
import torchvision.models as models
from torch import nn
from torchvision.models import resnet18, vgg16
from torchvision.models.detection import fasterrcnn_resnet50_fpn
from torchvision.models.resnet import resnet34

# ── reported ──────────────────────────────────────────────────────────────────────────────────


def loaded():
    return models.resnet50(pretrained=True)  # expect: torchvision-pretrained-argument


def empty():
    return torchvision.models.vgg16_bn(pretrained=False, num_classes=10)  # expect: torchvision-pretrained-argument


def imported_by_name():
    return resnet18(pretrained=True), resnet34(True)  # expect: torchvision-pretrained-argument, torchvision-pretrained-argument


def chosen(pretrained):
    return models.densenet121(pretrained=pretrained)  # expect: torchvision-pretrained-argument


def detector():
    return fasterrcnn_resnet50_fpn(
        pretrained=False,  # expect: torchvision-pretrained-argument
        pretrained_backbone=True,  # expect: torchvision-pretrained-argument
    )


def without_published_weights():
    return models.regnet_y_128gf(pretrained=True)  # expect: torchvision-pretrained-argument


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = vgg16(pretrained=True).features  # expect: torchvision-pretrained-argument


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def new_argument():
    return models.resnet50(weights=models.ResNet50_Weights.DEFAULT), resnet18(weights=None), resnet18()


def other_libraries(name):
    return timm.create_model(name, pretrained=True), timm.models.resnet18(pretrained=True)


def own_function(make_model):
    return make_model(pretrained=True)


def by_name(arch):
    return models.__dict__[arch](pretrained=True)


def unknown_function():
    return models.my_own_net(pretrained=True)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Run:
    def build(self, pretrained=True):
        return tv.models.resnet34(pretrained=pretrained)  # expect: torchvision-pretrained-argument


# fmt: off
def in_odd_layouts():
    a = 1; b = resnet18(pretrained=True); print(a, b)  # expect: torchvision-pretrained-argument
    for _ in range(2): tv.models.alexnet(True)  # expect: torchvision-pretrained-argument
    return models.segmentation.fcn_resnet50(
        pretrained=True,  # expect: torchvision-pretrained-argument
        progress=False,
    )
# fmt: on
