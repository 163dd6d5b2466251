"""The demo project: what a newcomer finds, ready for the press of start. It runs on the
built-in simulator and costs nothing."""

import io
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from tasks import actions
from tasks.demo.scenes import Light, Ridge, Scene, draw
from tasks.models import ApiKey, AspectRatio, Project, ProviderAccount

# What the simulator knows at its first start (tasks/simulator/settings.py).
DEMO_KEY = "sim-demo-key"
TALL, WIDE, SQUARE = (720, 1280), (1280, 720), (960, 960)


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    prompt: str
    aspect_ratio: AspectRatio
    scene: Scene


EXAMPLES = [
    Example(
        "雪山日出",
        "清晨，第一缕阳光缓缓照亮雪山之巅，云海在山谷间流动，镜头平稳上升，电影感航拍。",
        AspectRatio.TALL,
        Scene(
            3,
            TALL,
            [(38, 52, 104), (120, 108, 160), (242, 158, 132), (255, 214, 160)],
            Light(0.66, 0.47, 0.05, (255, 206, 140), 0.9),
            [
                Ridge(0.50, 0.16, (232, 214, 222), (150, 132, 170), 0.72),
                Ridge(0.64, 0.10, (150, 128, 168), (222, 168, 160), 0.62),
                Ridge(0.76, 0.08, (92, 84, 132), (176, 132, 150), 0.58),
                Ridge(0.88, 0.06, (44, 46, 88), (84, 70, 108), 0.55, trees=40),
            ],
        ),
    ),
    Example(
        "海上落日",
        "金色夕阳沉入海平线，波光粼粼，海浪轻轻涌向镜头，远处海鸟掠过，温暖而宁静。",
        AspectRatio.WIDE,
        Scene(
            11,
            WIDE,
            [
                (48, 40, 92),
                (196, 84, 106),
                (255, 150, 92),
                (255, 208, 130),
                (255, 220, 150),
            ],
            Light(0.40, 0.50, 0.075, (255, 190, 96), 1.0),
            [
                Ridge(0.635, 0.05, (128, 66, 98), (164, 84, 100), 0.5),
                Ridge(0.655, 0.03, (88, 48, 84), (110, 58, 88), 0.4),
            ],
            water=0.64,
        ),
    ),
    Example(
        "林间晨雾",
        "薄雾笼罩的松林，光束穿过树梢，雾气缓缓飘动，镜头向前推进，空气中有细小的尘埃。",
        AspectRatio.TALL,
        Scene(
            21,
            TALL,
            [(196, 220, 214), (214, 230, 214), (240, 238, 208)],
            Light(0.34, 0.22, 0.05, (255, 248, 214), 0.8),
            [
                Ridge(0.44, 0.08, (168, 198, 190), (214, 228, 214), 0.5, trees=50),
                Ridge(0.58, 0.07, (116, 160, 150), (196, 216, 200), 0.45, trees=60),
                Ridge(0.74, 0.07, (62, 112, 104), (150, 184, 166), 0.45, trees=60),
                Ridge(0.92, 0.06, (18, 56, 54), (40, 84, 76), 0.4, trees=50),
            ],
        ),
    ),
    Example(
        "沙漠星空",
        "银河横跨沙漠夜空，星轨缓慢旋转，沙丘的轮廓在月光下起伏，延时摄影。",
        AspectRatio.WIDE,
        Scene(
            30,
            WIDE,
            [(8, 12, 38), (22, 34, 84), (70, 74, 132), (150, 116, 140)],
            Light(0.80, 0.20, 0.035, (226, 230, 255), 0.45),
            [
                Ridge(0.70, 0.05, (112, 86, 112), (84, 62, 92), 0.12),
                Ridge(0.80, 0.09, (88, 62, 84), (52, 36, 62), 0.1),
                Ridge(0.94, 0.10, (48, 34, 58), (20, 16, 36), 0.08),
            ],
            stars=700,
        ),
    ),
    Example(
        "月下湖泊",
        "满月升起在静谧的湖面上，月光在水中轻轻晃动，远山如黛，夜色温柔，固定机位。",
        AspectRatio.SQUARE,
        Scene(
            42,
            SQUARE,
            [(10, 24, 58), (28, 62, 108), (92, 132, 168)],
            Light(0.56, 0.26, 0.07, (236, 240, 255), 0.7),
            [
                Ridge(0.54, 0.10, (58, 94, 134), (96, 134, 166), 0.6),
                Ridge(0.60, 0.06, (28, 56, 92), (48, 84, 120), 0.5),
                Ridge(0.625, 0.015, (12, 30, 54), (16, 38, 64), 0.4, trees=46),
            ],
            stars=160,
            water=0.63,
        ),
    ),
    Example(
        "青绿山水",
        "青绿山水画卷徐徐展开，层峦叠嶂，云雾缭绕，一叶扁舟驶过江面，中国古典绘画风格。",
        AspectRatio.TALL,
        Scene(
            57,
            TALL,
            [(228, 206, 158), (238, 222, 182), (226, 224, 190)],
            Light(0.24, 0.16, 0.055, (226, 98, 66), 0.3),
            [
                Ridge(0.40, 0.13, (112, 164, 158), (230, 220, 180), 0.66),
                Ridge(0.52, 0.12, (46, 132, 138), (206, 212, 172), 0.62),
                Ridge(0.64, 0.09, (28, 104, 112), (172, 194, 158), 0.6),
                Ridge(0.735, 0.03, (24, 78, 84), (44, 104, 100), 0.5, trees=30),
            ],
            water=0.745,
        ),
    ),
]


@transaction.atomic
def create_demo(owner: User, *, simulator_url: str) -> Project:
    """Make the simulated account with its key, and a project of waiting tasks."""
    account = ProviderAccount.objects.create(
        name="Simulator",
        base_url=simulator_url,
        upload_url=simulator_url,
        simulated=True,
    )
    ApiKey.objects.create(account=account, name="Simulator", secret=DEMO_KEY)
    project = Project.objects.create(name="示例项目", owner=owner, simulated=True)
    rows = [
        {
            "name": example.name,
            "prompt": example.prompt,
            "aspect_ratio": example.aspect_ratio,
            "picture": actions.store_picture(
                io.BytesIO(draw(example.scene)), name=f"{example.name}.jpg", by=owner
            ),
        }
        for example in EXAMPLES
    ]
    actions.create_tasks(project, rows, by=owner)
    return project
