"""The weights that ``pretrained=True`` stood for in ``torchvision.models``. Checked against torchvision 0.29."""

from __future__ import annotations

from typing import NamedTuple


class Weights(NamedTuple):
    """What ``pretrained=True`` and ``pretrained_backbone=True`` stood for; empty: there were none."""

    model: str
    backbone: str


_TABLE = """
alexnet AlexNet_Weights.IMAGENET1K_V1
convnext_base ConvNeXt_Base_Weights.IMAGENET1K_V1
convnext_large ConvNeXt_Large_Weights.IMAGENET1K_V1
convnext_small ConvNeXt_Small_Weights.IMAGENET1K_V1
convnext_tiny ConvNeXt_Tiny_Weights.IMAGENET1K_V1
densenet121 DenseNet121_Weights.IMAGENET1K_V1
densenet161 DenseNet161_Weights.IMAGENET1K_V1
densenet169 DenseNet169_Weights.IMAGENET1K_V1
densenet201 DenseNet201_Weights.IMAGENET1K_V1
efficientnet_b0 EfficientNet_B0_Weights.IMAGENET1K_V1
efficientnet_b1 EfficientNet_B1_Weights.IMAGENET1K_V1
efficientnet_b2 EfficientNet_B2_Weights.IMAGENET1K_V1
efficientnet_b3 EfficientNet_B3_Weights.IMAGENET1K_V1
efficientnet_b4 EfficientNet_B4_Weights.IMAGENET1K_V1
efficientnet_b5 EfficientNet_B5_Weights.IMAGENET1K_V1
efficientnet_b6 EfficientNet_B6_Weights.IMAGENET1K_V1
efficientnet_b7 EfficientNet_B7_Weights.IMAGENET1K_V1
efficientnet_v2_l EfficientNet_V2_L_Weights.IMAGENET1K_V1
efficientnet_v2_m EfficientNet_V2_M_Weights.IMAGENET1K_V1
efficientnet_v2_s EfficientNet_V2_S_Weights.IMAGENET1K_V1
googlenet GoogLeNet_Weights.IMAGENET1K_V1
inception_v3 Inception_V3_Weights.IMAGENET1K_V1
maxvit_t MaxVit_T_Weights.IMAGENET1K_V1
mnasnet0_5 MNASNet0_5_Weights.IMAGENET1K_V1
mnasnet0_75 MNASNet0_75_Weights.IMAGENET1K_V1
mnasnet1_0 MNASNet1_0_Weights.IMAGENET1K_V1
mnasnet1_3 MNASNet1_3_Weights.IMAGENET1K_V1
mobilenet_v2 MobileNet_V2_Weights.IMAGENET1K_V1
mobilenet_v3_large MobileNet_V3_Large_Weights.IMAGENET1K_V1
mobilenet_v3_small MobileNet_V3_Small_Weights.IMAGENET1K_V1
regnet_x_16gf RegNet_X_16GF_Weights.IMAGENET1K_V1
regnet_x_1_6gf RegNet_X_1_6GF_Weights.IMAGENET1K_V1
regnet_x_32gf RegNet_X_32GF_Weights.IMAGENET1K_V1
regnet_x_3_2gf RegNet_X_3_2GF_Weights.IMAGENET1K_V1
regnet_x_400mf RegNet_X_400MF_Weights.IMAGENET1K_V1
regnet_x_800mf RegNet_X_800MF_Weights.IMAGENET1K_V1
regnet_x_8gf RegNet_X_8GF_Weights.IMAGENET1K_V1
regnet_y_128gf None
regnet_y_16gf RegNet_Y_16GF_Weights.IMAGENET1K_V1
regnet_y_1_6gf RegNet_Y_1_6GF_Weights.IMAGENET1K_V1
regnet_y_32gf RegNet_Y_32GF_Weights.IMAGENET1K_V1
regnet_y_3_2gf RegNet_Y_3_2GF_Weights.IMAGENET1K_V1
regnet_y_400mf RegNet_Y_400MF_Weights.IMAGENET1K_V1
regnet_y_800mf RegNet_Y_800MF_Weights.IMAGENET1K_V1
regnet_y_8gf RegNet_Y_8GF_Weights.IMAGENET1K_V1
resnet101 ResNet101_Weights.IMAGENET1K_V1
resnet152 ResNet152_Weights.IMAGENET1K_V1
resnet18 ResNet18_Weights.IMAGENET1K_V1
resnet34 ResNet34_Weights.IMAGENET1K_V1
resnet50 ResNet50_Weights.IMAGENET1K_V1
resnext101_32x8d ResNeXt101_32X8D_Weights.IMAGENET1K_V1
resnext101_64x4d ResNeXt101_64X4D_Weights.IMAGENET1K_V1
resnext50_32x4d ResNeXt50_32X4D_Weights.IMAGENET1K_V1
shufflenet_v2_x0_5 ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1
shufflenet_v2_x1_0 ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1
shufflenet_v2_x1_5 ShuffleNet_V2_X1_5_Weights.IMAGENET1K_V1
shufflenet_v2_x2_0 ShuffleNet_V2_X2_0_Weights.IMAGENET1K_V1
squeezenet1_0 SqueezeNet1_0_Weights.IMAGENET1K_V1
squeezenet1_1 SqueezeNet1_1_Weights.IMAGENET1K_V1
swin_b Swin_B_Weights.IMAGENET1K_V1
swin_s Swin_S_Weights.IMAGENET1K_V1
swin_t Swin_T_Weights.IMAGENET1K_V1
swin_v2_b Swin_V2_B_Weights.IMAGENET1K_V1
swin_v2_s Swin_V2_S_Weights.IMAGENET1K_V1
swin_v2_t Swin_V2_T_Weights.IMAGENET1K_V1
vgg11 VGG11_Weights.IMAGENET1K_V1
vgg11_bn VGG11_BN_Weights.IMAGENET1K_V1
vgg13 VGG13_Weights.IMAGENET1K_V1
vgg13_bn VGG13_BN_Weights.IMAGENET1K_V1
vgg16 VGG16_Weights.IMAGENET1K_V1
vgg16_bn VGG16_BN_Weights.IMAGENET1K_V1
vgg19 VGG19_Weights.IMAGENET1K_V1
vgg19_bn VGG19_BN_Weights.IMAGENET1K_V1
vit_b_16 ViT_B_16_Weights.IMAGENET1K_V1
vit_b_32 ViT_B_32_Weights.IMAGENET1K_V1
vit_h_14 None
vit_l_16 ViT_L_16_Weights.IMAGENET1K_V1
vit_l_32 ViT_L_32_Weights.IMAGENET1K_V1
wide_resnet101_2 Wide_ResNet101_2_Weights.IMAGENET1K_V1
wide_resnet50_2 Wide_ResNet50_2_Weights.IMAGENET1K_V1
detection.fasterrcnn_mobilenet_v3_large_320_fpn FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1 MobileNet_V3_Large_Weights.IMAGENET1K_V1
detection.fasterrcnn_mobilenet_v3_large_fpn FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1 MobileNet_V3_Large_Weights.IMAGENET1K_V1
detection.fasterrcnn_resnet50_fpn FasterRCNN_ResNet50_FPN_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.fasterrcnn_resnet50_fpn_v2 FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.fcos_resnet50_fpn FCOS_ResNet50_FPN_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.keypointrcnn_resnet50_fpn KeypointRCNN_ResNet50_FPN_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.maskrcnn_resnet50_fpn MaskRCNN_ResNet50_FPN_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.maskrcnn_resnet50_fpn_v2 MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.retinanet_resnet50_fpn RetinaNet_ResNet50_FPN_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.retinanet_resnet50_fpn_v2 RetinaNet_ResNet50_FPN_V2_Weights.COCO_V1 ResNet50_Weights.IMAGENET1K_V1
detection.ssd300_vgg16 SSD300_VGG16_Weights.COCO_V1 VGG16_Weights.IMAGENET1K_FEATURES
detection.ssdlite320_mobilenet_v3_large SSDLite320_MobileNet_V3_Large_Weights.COCO_V1 MobileNet_V3_Large_Weights.IMAGENET1K_V1
optical_flow.raft_large Raft_Large_Weights.C_T_SKHT_V2
optical_flow.raft_small Raft_Small_Weights.C_T_V2
segmentation.deeplabv3_mobilenet_v3_large DeepLabV3_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1 MobileNet_V3_Large_Weights.IMAGENET1K_V1
segmentation.deeplabv3_resnet101 DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1 ResNet101_Weights.IMAGENET1K_V1
segmentation.deeplabv3_resnet50 DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1 ResNet50_Weights.IMAGENET1K_V1
segmentation.fcn_resnet101 FCN_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1 ResNet101_Weights.IMAGENET1K_V1
segmentation.fcn_resnet50 FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1 ResNet50_Weights.IMAGENET1K_V1
segmentation.lraspp_mobilenet_v3_large LRASPP_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1 MobileNet_V3_Large_Weights.IMAGENET1K_V1
video.mc3_18 MC3_18_Weights.KINETICS400_V1
video.mvit_v1_b MViT_V1_B_Weights.KINETICS400_V1
video.mvit_v2_s MViT_V2_S_Weights.KINETICS400_V1
video.r2plus1d_18 R2Plus1D_18_Weights.KINETICS400_V1
video.r3d_18 R3D_18_Weights.KINETICS400_V1
video.s3d S3D_Weights.KINETICS400_V1
video.swin3d_b Swin3D_B_Weights.KINETICS400_V1
video.swin3d_s Swin3D_S_Weights.KINETICS400_V1
video.swin3d_t Swin3D_T_Weights.KINETICS400_V1
"""

WEIGHTS = {
    f"torchvision.models.{name}": Weights(
        *("" if item == "None" else item for item in (*given, "")[:2]),
    )
    for name, *given in map(str.split, _TABLE.strip().splitlines())
}
"""Qualified name of a function → its weights, each ``Class.MEMBER`` of the package that the function is in."""


def function_of(qualified: str) -> str | None:
    """The function of the table that a qualified name is, also where it names the file of the function."""
    if qualified in WEIGHTS:
        return qualified
    package, _, name = qualified.rpartition(".")
    above, _, module = package.rpartition(".")
    shorter = f"{above}.{name}"
    return shorter if module and shorter in WEIGHTS else None
