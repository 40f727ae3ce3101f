"""The built-in layout, for machines without Graphviz: a place for every box, frame and arrow of a scene.

The method is layered drawing (Sugiyama, Tagawa & Toda, 1981), with frames:

1. Ranks. Every box stands one rank before the earliest of those that use it.
2. Long arrows get a waypoint in each rank they cross, and so a lane of their own.
3. Order and place. A frame is a block that spans its ranks. What is in it is sorted by where its neighbours are, and
   stacked: no block overlaps another, hence no frame and no box does. Moving one moves the neighbours of others, so
   this is done a few times over, and the arrangement with the shortest arrows is kept.

All of it is thought of as running from left to right: `u` along the arrows, `v` across, in points. `paint.py` turns it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from .canvas import text_width
from .graph import Scope
from .scene import Arrow, Box, Row, Scene, clean

SIZE, SMALL, TINY = 10.0, 9.0, 8.0  # letters: values; numbers on arrows and titles; names
ROW = 13.0  # from line to line
GAP_U, GAP_V = 20.0, 9.0  # between ranks; between neighbours in a rank
FRAME, TITLE = 8.0, 14.0  # a frame's margin; the height of its title
MARGIN = 12.0
WAYPOINTS = 6000
ROUNDS, PUSHES = 24, 16
FORTH_AND_BACK = (-1, 1, 0, 0)  # look at earlier neighbours, at later ones, at both


@dataclass(slots=True, eq=False)
class Spot:
    """A box, or a waypoint (`box` is None) of an arrow that crosses a rank."""

    box: Box | None
    scope: str
    rank: int = 0
    long: float = 0.0  # size along u
    wide: float = 0.0  # size along v
    u: float = 0.0  # the centre
    v: float = 0.0
    links: list[tuple[Spot, float]] = field(default_factory=list, repr=False)  # neighbours, and how hard they pull

    @property
    def ranks(self) -> range:
        return range(self.rank, self.rank + 1)

    @property
    def top(self) -> float:
        return self.v - self.wide / 2


@dataclass(slots=True, eq=False)
class Block:
    """A frame and what is in it. The outermost, "", is the picture and has no frame."""

    path: str
    items: list[Item] = field(default_factory=list)
    ranks: range = range(0)
    top: float = 0.0
    wide: float = 0.0
    before: float = 0.0  # margins along u, of this frame and of those in it that begin (end) in the same rank
    after: float = 0.0
    u0: float = 0.0
    u1: float = 0.0

    @property
    def title_width(self) -> float:
        return text_width(clean(Scope(self.path).name), SMALL) + 2 * FRAME if self.path else 0.0


Item: TypeAlias = Spot | Block


@dataclass(slots=True)
class Layout:
    """Every thing with its place. A route is an arrow's tail, its waypoints and its head."""

    spots: dict[str, Spot]
    routes: list[tuple[Arrow, list[Spot]]]
    blocks: dict[str, Block]
    long: float = 0.0
    wide: float = 0.0

    def all_spots(self) -> Iterator[Spot]:
        """Boxes and waypoints."""
        yield from self.spots.values()
        for _, route in self.routes:
            yield from route[1:-1]


def arrange(scene: Scene) -> Layout:
    """Find a place for everything."""
    upright = scene.direction in ("TB", "BT")
    spots, ends = _ranked(scene, upright)
    blocks = _blocks(scene, spots)
    span = _longest_lane(spots, ends)
    layout = Layout(spots, [], blocks)
    for arrow, (tail, head) in zip(scene.arrows, ends):
        route = _route(spots[tail], spots[head], blocks, span)
        layout.routes.append((arrow, route))
        for a, b in zip(route, route[1:]):
            # Straightness counts most between an operation and its result, and within a lane.
            pull = 8.0 if arrow.short else (1.0, 2.0, 8.0)[(a.box is None) + (b.box is None)]
            a.links.append((b, pull))
            b.links.append((a, pull))
        for spot in route[1:-1]:
            blocks[spot.scope].items.append(spot)
    _place_along(layout, scene)
    _place_across(layout, upright)
    return layout


def extent(scene: Scene) -> tuple[float, float]:
    """About how long and how wide the scene will be: everything stacked, before anything is moved to its neighbours."""
    upright = scene.direction in ("TB", "BT")
    spots, ends = _ranked(scene, upright)
    blocks = _blocks(scene, spots)
    routes = [(arrow, [spots[tail], spots[head]]) for arrow, (tail, head) in zip(scene.arrows, ends)]
    layout = Layout(spots, routes, blocks)
    _place_along(layout, scene)
    for block in _inner_first(blocks):
        _stack(block, block.items, [0.0] * len(block.items), upright)
    return layout.long, blocks[""].wide + 2 * MARGIN


def waypoints(scene: Scene) -> int:
    """How many ranks the arrows cross in all: what makes a layout slow, here and in Graphviz."""
    spots, ends = _ranked(scene, upright=False)
    return sum(spots[head].rank - spots[tail].rank - 1 for tail, head in ends)


def _ranked(scene: Scene, upright: bool) -> tuple[dict[str, Spot], list[tuple[str, str]]]:
    """The boxes with their ranks, and the arrows' tails and heads."""
    spots = {}
    for box in scene.boxes:
        width, height = box_size(box)
        long, wide = (height, width) if upright else (width, height)
        spots[box.id] = Spot(box, box.scope, long=long, wide=wide)
    ends = _forward(spots, scene.arrows)
    _rank(spots, ends, scene.arrows)
    return spots, ends


def _longest_lane(spots: dict[str, Spot], ends: list[tuple[str, str]]) -> int:
    """Arrows that cross more ranks than this get no lane and run behind the boxes: there would be too many."""
    total = 0
    for ranks in sorted(spots[head].rank - spots[tail].rank for tail, head in ends):
        total += ranks - 1
        if total > WAYPOINTS:
            return ranks - 1
    return len(spots)


# ---- ranks ------------------------------------------------------------------------------------------------------


def _forward(spots: dict[str, Spot], arrows: list[Arrow]) -> list[tuple[str, str]]:
    """Tail and head of each arrow, turned round where it would close a cycle: folded scopes may use each other."""
    out: dict[str, list[int]] = {name: [] for name in spots}
    for i, arrow in enumerate(arrows):
        out[arrow.tail].append(i)
    ends = [(arrow.tail, arrow.head) for arrow in arrows]
    on_path, done = set[str](), set[str]()
    for start in spots:
        stack = [] if start in done else [(start, iter(out[start]))]
        on_path.add(start)
        while stack:
            name, waiting = stack[-1]
            for i in waiting:
                head = arrows[i].head
                if head in on_path:
                    ends[i] = (head, name)
                elif head not in done:
                    on_path.add(head)
                    stack.append((head, iter(out[head])))
                    break
            else:
                on_path.discard(name)
                done.add(name)
                stack.pop()
        on_path.discard(start)
    return ends


def _rank(spots: dict[str, Spot], ends: list[tuple[str, str]], arrows: list[Arrow]) -> None:
    """Columns such that arrows run forward and are short.

    A box can stand anywhere between its earliest rank, just after all it is computed from, and its latest, just before
    its first use. One rank earlier makes the arrows that enter it shorter, those that leave it longer; what only it
    uses may come along. The larger number decides. A frame's results stay with their frame, early; a leaf is late, and
    so is an operation: it stands next to its result.
    """
    users: dict[str, list[str]] = {name: [] for name in spots}
    sources: dict[str, list[str]] = {name: [] for name in spots}
    apart: dict[tuple[str, str], int] = {}
    for (tail, head), arrow in zip(ends, arrows):
        users[tail].append(head)
        sources[head].append(tail)
        apart[tail, head] = arrow.ranks
    waiting = {name: len(found) for name, found in sources.items()}
    order = [name for name in spots if not waiting[name]]
    for name in order:
        for user in users[name]:
            waiting[user] -= 1
            if not waiting[user]:
                order.append(user)

    operations = {arrow.tail for arrow in arrows if arrow.short}
    entering = dict.fromkeys(spots, 0)
    for name in order:
        spots[name].rank = max((spots[source].rank + apart[source, name] for source in sources[name]), default=0)
        for source in sources[name]:
            alone = len(users[source]) == 1
            entering[name] += entering[source] if source in operations else min(1, entering[source]) if alone else 1
    for name in reversed(order):
        stays = not any(spots[user].scope == spots[name].scope for user in users[name])
        late = not sources[name] or name in operations or (not stays and entering[name] <= len(users[name]))
        if users[name] and late:
            spots[name].rank = min(spots[user].rank - apart[name, user] for user in users[name])


def _blocks(scene: Scene, spots: dict[str, Spot]) -> dict[str, Block]:
    blocks = {"": Block("")} | {frame.path: Block(frame.path) for frame in scene.frames}
    reach: dict[str, list[int]] = {path: [] for path in blocks}
    for spot in spots.values():
        blocks[spot.scope].items.append(spot)
        for path in _around(spot.scope):
            reach[path].append(spot.rank)
    for frame in scene.frames:
        blocks[frame.parent].items.append(blocks[frame.path])
    for path, block in blocks.items():
        block.ranks = range(min(reach[path], default=0), max(reach[path], default=0) + 1)
    return blocks


def _around(path: str) -> list[str]:
    """A scope and those around it, outermost first: "", "a", "a/b"."""
    parts = path.split("/") if path else []
    return ["/".join(parts[:i]) for i in range(len(parts) + 1)]


def _route(tail: Spot, head: Spot, blocks: dict[str, Block], longest: int) -> list[Spot]:
    """Tail, a waypoint for each rank between, head. A waypoint lies in a frame that the arrow must cross anyway."""
    if head.rank - tail.rank > longest:
        return [tail, head]
    route = [tail]
    for rank in range(tail.rank + 1, head.rank):
        leaving = [path for path in _around(tail.scope) if rank in blocks[path].ranks]
        entering = [path for path in _around(head.scope) if rank in blocks[path].ranks]
        route.append(Spot(None, max(leaving[-1], entering[-1], key=len), rank, wide=2.0))
    return [*route, head]


# ---- along the arrows -------------------------------------------------------------------------------------------


def _place_along(layout: Layout, scene: Scene) -> None:
    """A column for each rank, with room between for the margins of frames and for the numbers on arrows."""
    upright = scene.direction in ("TB", "BT")
    ranks = layout.blocks[""].ranks
    column = [0.0 for _ in ranks]
    for spot in layout.spots.values():
        column[spot.rank] = max(column[spot.rank], spot.long)
    gap = [3 * GAP_U if scene.crowded else GAP_U for _ in ranks]
    for arrow, route in layout.routes:
        if arrow.text:
            rank = route[(len(route) - 2) // 2].rank  # the middle gap: the number goes there
            gap[rank] = max(gap[rank], 1.3 * GAP_U + (SMALL if upright else text_width(arrow.text, SMALL)))
        elif not arrow.short:
            gap[route[-2].rank] = max(gap[route[-2].rank], 1.5 * GAP_U)

    before, after = [0.0 for _ in ranks], [0.0 for _ in ranks]
    for block in _inner_first(layout.blocks):
        if block.path:
            first, last = block.ranks[0], block.ranks[-1]
            inner = [item for item in block.items if isinstance(item, Block)]
            block.before = FRAME + max((b.before for b in inner if b.ranks[0] == first), default=0.0)
            block.after = FRAME + max((b.after for b in inner if b.ranks[-1] == last), default=0.0)
            block.before += TITLE if scene.direction == "TB" else 0.0  # a title is always at the top
            block.after += TITLE if scene.direction == "BT" else 0.0
            before[first], after[last] = max(before[first], block.before), max(after[last], block.after)

    def starts() -> list[float]:
        u, found = MARGIN, []
        for rank in ranks:
            found.append(u + before[rank])
            u = found[-1] + column[rank] + after[rank] + gap[rank]
        return found

    for block in _inner_first(layout.blocks):
        at = starts()
        if block.path:
            space = at[block.ranks[-1]] + column[block.ranks[-1]] + block.after - at[block.ranks[0]] + block.before
            if not upright and space < block.title_width:
                column[block.ranks[-1]] += block.title_width - space
    at = starts()
    for block in layout.blocks.values():
        block.u0 = at[block.ranks[0]] - block.before
        block.u1 = at[block.ranks[-1]] + column[block.ranks[-1]] + block.after
    for spot in layout.all_spots():
        spot.u = at[spot.rank] + column[spot.rank] / 2
        if spot.box is None:
            spot.long = column[spot.rank]
    layout.long = max(block.u1 for block in layout.blocks.values()) + MARGIN


def _inner_first(blocks: dict[str, Block]) -> list[Block]:
    return sorted(blocks.values(), key=lambda block: -len(_around(block.path)))


# ---- across -----------------------------------------------------------------------------------------------------


def _place_across(layout: Layout, upright: bool) -> None:
    """Sort and stack, again and again; keep the arrangement with the shortest and straightest arrows."""
    root, inner_first = layout.blocks[""], _inner_first(layout.blocks)
    spots, blocks = list(layout.all_spots()), list(layout.blocks.values())
    for block in inner_first:
        _stack(block, block.items, [0.0] * len(block.items), upright)
    shortest = math.inf
    for turn in range(ROUNDS):
        for block in inner_first:
            _rearrange(block, FORTH_AND_BACK[turn % len(FORTH_AND_BACK)], upright)
        askew = sum(pull * abs(spot.v - other.v) for spot in spots for other, pull in spot.links)
        if askew < shortest - 1e-6:
            shortest, shift = askew, MARGIN - root.top
            layout.wide = root.wide + 2 * MARGIN
            places = [spot.v + shift for spot in spots]
            frames = [(block.top + shift, block.wide) for block in blocks]
    for spot, v in zip(spots, places):
        spot.v = v
    for block, (top, wide) in zip(blocks, frames):
        block.top, block.wide = top, wide


def _rearrange(block: Block, side: int, upright: bool) -> None:
    """Sort a block's items by where their neighbours are, and stack them as near to there as they can be."""
    items = sorted(block.items, key=lambda item: item.ranks[0], reverse=side > 0)
    pulls = {}
    for item in items:
        centre, pulls[id(item)] = _wish(item, side)
        _move(item, centre - item.wide / 2 - item.top)  # at once, for the next rank to follow
    items = block.items
    items.sort(key=lambda item: item.top + item.wide / 2)
    tops = [item.top for item in items]
    if block.path:  # a frame stays compact, however far its neighbours are
        height = 1.1 * max(top + item.wide for top, item in zip(_in_order(items, [0.0] * len(items)), items))
        total = sum(pulls.values())
        middle = sum((item.top + item.wide / 2) * pulls[id(item)] for item in items) / total
        low, high = middle - height / 2, middle + height / 2
        tops = [max(low, min(top, high - item.wide)) for top, item in zip(tops, items)]
    _stack(block, items, _pushed_apart(items, tops, [pulls[id(item)] for item in items]), upright)


def _wish(item: Item, side: int) -> tuple[float, float]:
    """Where the item's centre would like to be, and how much: its arrows pull it, each by as much as it is askew.

    `side` -1 looks at earlier ranks alone, 1 at later ones, 0 at both.
    """
    inside = _spots_in(item)
    mine = set(map(id, inside))
    askew = total = 0.0
    for spot in inside:
        for other, pull in spot.links:
            if id(other) not in mine and (other.rank - spot.rank) * side >= 0:
                askew += pull * (other.v - spot.v)
                total += pull
    return item.top + item.wide / 2 + (askew / total if total else 0.0), total or 0.1


def _spots_in(item: Item) -> list[Spot]:
    found: list[Spot] = []
    waiting: list[Item] = [item]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Spot):
            found.append(inner)
        else:
            waiting.extend(inner.items)
    return found


def _stack(block: Block, items: list[Item], wishes: list[float], upright: bool) -> None:
    """Move the items to their wishes, in order, none on another in a rank they share; fit the block round them."""
    tops = _in_order(items, wishes)
    for item, top in zip(items, tops):
        _move(item, top - item.top)
    head = FRAME + (0.0 if upright else TITLE) if block.path else 0.0
    foot = FRAME if block.path else 0.0
    block.top = min(tops, default=0.0) - head
    block.wide = max((top + item.wide for top, item in zip(tops, items)), default=0.0) + foot - block.top
    if upright:
        block.wide = max(block.wide, block.title_width)


def _pushed_apart(items: list[Item], tops: list[float], pulls: list[float]) -> list[float]:
    """Neighbours that overlap push each other aside, the one with the weaker wish further."""
    last: dict[int, int] = {}
    pairs = {}
    for j, item in enumerate(items):
        for rank in item.ranks:
            if rank in last:
                pairs[last[rank], j] = items[last[rank]].wide + GAP_V
            last[rank] = j
    for _ in range(PUSHES):
        for (i, j), distance in pairs.items():
            overlap = tops[i] + distance - tops[j]
            if overlap > 0.0:
                share = pulls[j] / (pulls[i] + pulls[j])
                tops[i] -= overlap * share
                tops[j] += overlap * (1.0 - share)
    return tops


def _in_order(items: list[Item], wishes: list[float]) -> list[float]:
    """Tops: each at its wish or, where that is taken in any of its ranks, right after what is there."""
    free: dict[int, float] = {}
    tops = []
    for item, wish in zip(items, wishes):
        top = max([wish, *(free[rank] for rank in item.ranks if rank in free)])
        for rank in item.ranks:
            free[rank] = top + item.wide + GAP_V
        tops.append(top)
    return tops


def _move(item: Item, shift: float) -> None:
    """Move an item with all that is in it."""
    waiting: list[Item] = [item]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Spot):
            inner.v += shift
        else:
            inner.top += shift
            waiting.extend(inner.items)


# ---- sizes ------------------------------------------------------------------------------------------------------


def box_size(box: Box) -> tuple[float, float]:
    """Width and height."""
    width = max((row_width(row) for row in box.rows), default=0.0)
    if box.shape == "pill":
        return (22.0 if len(box.rows[0].text) <= 2 else width + 12.0), 22.0
    rim = 6.0 if box.double else 0.0
    return max(width + 16.0, 24.0) + rim, max(len(box.rows), 1) * ROW + 8.0 + rim


def row_width(row: Row) -> float:
    width = text_width(row.text, SIZE, row.bold)
    return width + text_width(row.name, TINY) + 8.0 if row.name else width
