"""`esp_private/gdma.h`, `gdma_link.h` and `esp_dma_utils.h`: the drivers of `dmalab.idf`, called from firmware."""

from __future__ import annotations

from dmalab.core.channel import Direction
from dmalab.core.machine import BareMachine
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.lookup import find, known
from dmalab.guest.handlers.table import Handlers
from dmalab.idf import dma_utils, etm_sources, gdma
from dmalab.idf.driver_object import DriverObject
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.gdma import GdmaCallback, GdmaChannel, GdmaEvent
from dmalab.idf.gdma_link import Final, LinkList, Mount, Owner, node_count
from dmalab.idf.memory_utils import esp_ptr_internal, in_region

calls = Handlers()

BUSES = {0: "ahb", 1: "axi", 2: "lp"}
DIRECTIONS = {0: Direction.TX, 1: Direction.RX}
LIST_BYTES = 32
LINK_EVENT_TYPE = LINK_TASK_TYPE = 0


# -- channels --------------------------------------------------------------------------------------------------------


def _channel(firmware: Firmware, handle: int) -> GdmaChannel:
    return find(firmware, handle, GdmaChannel, "GDMA channel")


@calls.add
def gdma_new_channel(
    firmware: Firmware, bus: int, direction: int, sibling: int, reserve: int, cache_safe: int, has_all: int
) -> int:
    if not has_all or direction not in DIRECTIONS:
        return pair(EspErr.INVALID_ARG)
    channel = gdma.new_channel(
        firmware.machine,
        DIRECTIONS[direction],
        bus=BUSES[bus],
        sibling=_channel(firmware, sibling) if sibling else None,
        reserve_sibling=bool(reserve),
        isr_cache_safe=bool(cache_safe),
    )
    return pair(EspErr.OK, known(firmware, channel))


@calls.add
def gdma_new_channels(
    firmware: Firmware, bus: int, has_config: int, wants_tx: int, wants_rx: int, cache_safe: int, priority: int
) -> int:
    if not has_config:
        return pair(EspErr.INVALID_ARG)
    tx, rx = gdma.new_channels(
        firmware.machine,
        bus=BUSES[bus],
        tx=bool(wants_tx),
        rx=bool(wants_rx),
        isr_cache_safe=bool(cache_safe),
        intr_priority=priority,
    )
    addresses = [known(firmware, channel) for channel in (tx, rx) if channel is not None]
    firmware.state[f"receiver of {addresses[0]:#x}"] = addresses[-1]
    return pair(EspErr.OK, addresses[0])


@calls.add
def gdma_receiver_of(firmware: Firmware, handle: int) -> int:
    return int(firmware.state.pop(f"receiver of {handle:#x}", 0))


@calls.add
def gdma_del_channel(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).delete()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def gdma_get_channel_id(firmware: Firmware, handle: int, has_out: int) -> int:
    channel = _channel(firmware, handle)
    return pair(EspErr.OK, channel.id) if has_out else pair(EspErr.INVALID_ARG)


@calls.add
def gdma_get_group_channel_id(firmware: Firmware, handle: int) -> int:
    group, number = _channel(firmware, handle).group_channel_id
    return pair(EspErr.OK, group << 16 | number)


@calls.add
def gdma_connect(firmware: Firmware, handle: int, trigger: int, bus: int, copy: int) -> int:
    _channel(firmware, handle).connect(trigger, bus=BUSES.get(bus, gdma.BUS_ANY), copy=bool(copy))
    return EspErr.OK


@calls.add
def gdma_disconnect(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).disconnect()
    return EspErr.OK


@calls.add
def gdma_get_free_m2m_trig_id_mask(firmware: Firmware, handle: int, has_out: int) -> int:
    channel = _channel(firmware, handle)
    return pair(EspErr.OK, channel.free_m2m_ids) if has_out else pair(EspErr.INVALID_ARG)


@calls.add
def gdma_apply_strategy(
    firmware: Firmware, handle: int, has_config: int, owner_check: int, auto_update: int, popped: int
) -> int:
    channel = _channel(firmware, handle)
    if not has_config:
        return EspErr.INVALID_ARG
    channel.apply_strategy(
        owner_check=bool(owner_check), auto_update_desc=bool(auto_update), eof_till_data_popped=bool(popped)
    )
    return EspErr.OK


@calls.add
def gdma_set_priority(firmware: Firmware, handle: int, priority: int) -> int:
    _channel(firmware, handle).set_priority(priority)
    return EspErr.OK


@calls.add
def gdma_set_weight(firmware: Firmware, handle: int, weight: int) -> int:
    _channel(firmware, handle).set_weight(weight)
    return EspErr.OK


@calls.add
def gdma_set_transfer_ability(firmware: Firmware, handle: int, has_config: int, sram: int, psram: int) -> int:
    channel = _channel(firmware, handle)
    if not has_config:
        return EspErr.INVALID_ARG
    channel.set_transfer_ability(sram_trans_align=sram, psram_trans_align=psram)
    return EspErr.OK


@calls.add
def gdma_config_transfer(firmware: Firmware, handle: int, has_config: int, burst: int, external: int) -> int:
    channel = _channel(firmware, handle)
    if not has_config:
        return EspErr.INVALID_ARG
    channel.config_transfer(max_data_burst_size=burst, access_ext_mem=bool(external))
    return EspErr.OK


@calls.add
def gdma_get_alignment(firmware: Firmware, handle: int, external: int) -> int:
    constraints = _channel(firmware, handle).constraints
    return pair(EspErr.OK, constraints.external if external else constraints.internal)


@calls.add
def gdma_register_tx_event_callbacks(
    firmware: Firmware, handle: int, has_callbacks: int, eof: int, error: int, switch: int, argument: int
) -> int:
    found = {"trans_eof": eof, "descr_err": error, "link_switch": switch}
    return _register(firmware, handle, Direction.TX, found if has_callbacks else None, argument)


@calls.add
def gdma_register_rx_event_callbacks(
    firmware: Firmware, handle: int, has_callbacks: int, eof: int, error: int, done: int, empty: int, argument: int
) -> int:
    found = {"recv_eof": eof, "descr_err": error, "recv_done": done, "descr_empty": empty}
    return _register(firmware, handle, Direction.RX, found if has_callbacks else None, argument)


def _register(
    firmware: Firmware, handle: int, direction: Direction, functions: dict[str, int] | None, argument: int
) -> int:
    channel, machine = _channel(firmware, handle), firmware.machine
    if functions is None:
        return EspErr.INVALID_ARG
    set_ = {event: function for event, function in functions.items() if function}
    in_iram = all(in_region(machine, function, "iram") for function in set_.values()) and (
        not argument or esp_ptr_internal(machine, argument)
    )
    callbacks = {event: _callback(firmware, handle, function, argument) for event, function in set_.items()}
    channel.register_callbacks(direction, callbacks, in_iram=in_iram)
    return EspErr.OK


def _callback(firmware: Firmware, handle: int, function: int, argument: int) -> GdmaCallback:
    def run(_channel: GdmaChannel, event: GdmaEvent | None) -> bool:
        address = 0
        if event is not None:
            address = firmware.empty_event()
            flags = event.abnormal_eof | event.normal_eof << 1
            firmware.machine.memory.poke(
                address, event.desc_addr.to_bytes(firmware.image.word_bytes, "little") + flags.to_bytes(4, "little")
            )
        try:
            return bool(firmware.call_in_interrupt(function, handle, address, argument) & 0xFF)
        finally:
            if address:
                firmware.machine.memory.poke(address, bytes(firmware.image.word_bytes + 4))

    return run


@calls.add
def gdma_start(firmware: Firmware, handle: int, head: int) -> int:
    _channel(firmware, handle).start(head)
    return EspErr.OK


@calls.add
def gdma_stop(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).stop()
    return EspErr.OK


@calls.add
def gdma_append(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).append()
    return EspErr.OK


@calls.add
def gdma_reset(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).reset()
    return EspErr.OK


@calls.add
def gdma_request_link_switch_event(firmware: Firmware, handle: int) -> int:
    _channel(firmware, handle).request_link_switch_event()
    return EspErr.OK


@calls.add
def gdma_new_etm_event(firmware: Firmware, handle: int, kind: int, has_all: int) -> int:
    channel = _channel(firmware, handle)
    if not has_all or kind != LINK_EVENT_TYPE:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm_sources.gdma_new_etm_event(channel)))


@calls.add
def gdma_new_etm_task(firmware: Firmware, handle: int, kind: int, has_all: int) -> int:
    channel = _channel(firmware, handle)
    if not has_all or kind != LINK_TASK_TYPE:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, known(firmware, etm_sources.gdma_new_etm_task(channel)))


# -- link lists ------------------------------------------------------------------------------------------------------


class LinkHandle(DriverObject):
    """A list that firmware made."""

    def __init__(self, machine: BareMachine) -> None:
        super().__init__(machine, LIST_BYTES, "DMA link list")
        self.mounting: list[Mount] = []
        """Entries of the mount that is being told."""

    list: LinkList


def _list(firmware: Firmware, handle: int) -> LinkHandle:
    return find(firmware, handle, LinkHandle, "link list")


def _list_or_none(firmware: Firmware, handle: int) -> LinkList | None:
    return _list(firmware, handle).list if handle else None


@calls.add
def gdma_new_link_list(
    firmware: Firmware, has_all: int, items: int, item_align: int, buffer_align: int, external: int, check_owner: int
) -> int:
    if not has_all or not items or buffer_align & (buffer_align - 1):
        return pair(EspErr.INVALID_ARG)
    handle = LinkHandle(firmware.machine)
    try:
        handle.list = LinkList(
            firmware.machine,
            items,
            item_align=item_align,
            buffer_align=buffer_align,
            in_psram=bool(external),
            check_owner=bool(check_owner),
        )
    except IdfError:
        handle.forget()
        raise
    return pair(EspErr.OK, known(firmware, handle))


@calls.add
def gdma_del_link_list(firmware: Firmware, handle: int) -> int:
    found = _list(firmware, handle)
    found.list.delete()
    found.forget()
    del firmware.handles[handle]
    return EspErr.OK


@calls.add
def gdma_link_mount_entry(
    firmware: Firmware, handle: int, buffer: int, length: int, align: int, eof: int, final: int, bypass: int
) -> None:
    _list(firmware, handle).mounting.append(
        Mount(
            address=buffer,
            size=length,
            alignment=align,
            mark_eof=bool(eof),
            mark_final=Final(final),
            bypass_align_check=bool(bypass),
        )
    )


@calls.add
def gdma_link_mount_buffers(firmware: Firmware, handle: int, start: int) -> int:
    found = _list(firmware, handle)
    entries, found.mounting = found.mounting, []
    return pair(EspErr.OK, found.list.mount(start, entries))


@calls.add
def gdma_link_get_head_addr(firmware: Firmware, handle: int) -> int:
    found = _list_or_none(firmware, handle)
    return found.head if found is not None else 0


@calls.add
def gdma_link_get_item_addr(firmware: Firmware, handle: int, item: int) -> int:
    found = _list_or_none(firmware, handle)
    return found.item_address(item) if found is not None else 0


@calls.add
def gdma_link_concat(firmware: Firmware, first: int, item: int, second: int, second_item: int) -> int:
    _list(firmware, first).list.concat(item, _list_or_none(firmware, second), second_item)
    return EspErr.OK


@calls.add
def gdma_link_set_owner(firmware: Firmware, handle: int, item: int, owner: int) -> int:
    _list(firmware, handle).list.set_owner(item, Owner(owner & 1))
    return EspErr.OK


@calls.add
def gdma_link_get_owner(firmware: Firmware, handle: int, item: int, has_out: int) -> int:
    found = _list(firmware, handle).list
    return pair(EspErr.OK, found.get_owner(item)) if has_out else pair(EspErr.INVALID_ARG)


@calls.add
def gdma_link_count_buffer_size_till_eof(firmware: Firmware, handle: int, item: int) -> int:
    found = _list_or_none(firmware, handle)
    return found.size_till_eof(item) if found is not None else 0


@calls.add
def gdma_link_get_buffer(firmware: Firmware, handle: int, item: int) -> int:
    found = _list_or_none(firmware, handle)
    return found.get_buffer(item) if found is not None else 0


@calls.add
def gdma_link_get_length(firmware: Firmware, handle: int, item: int) -> int:
    found = _list_or_none(firmware, handle)
    return found.get_length(item) if found is not None else 0


@calls.add
def gdma_link_set_length(firmware: Firmware, handle: int, item: int, length: int) -> int:
    _list(firmware, handle).list.set_length(item, length)
    return EspErr.OK


@calls.add
def gdma_link_check_end(firmware: Firmware, handle: int, item: int) -> int:
    found = _list_or_none(firmware, handle)
    return found.ends_at(item) if found is not None else 0


# -- splitting -------------------------------------------------------------------------------------------------------


@calls.add
def esp_dma_split_rx_buffer(firmware: Firmware, buffer: int, size: int, stash: int, has_all: int) -> int:
    if not has_all:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, dma_utils.split_rx_buffer(firmware.machine, buffer, size, stash=stash).stash)


@calls.add
def esp_dma_split_buffer(
    firmware: Firmware, buffer: int, size: int, stash: int, stash_size: int, align: int, has_all: int
) -> int:
    del firmware
    if not has_all:
        return pair(EspErr.INVALID_ARG)
    return pair(EspErr.OK, dma_utils.split_buffer(buffer, size, stash, stash_size, align).stash)


@calls.add
def esp_dma_split_part(
    firmware: Firmware, buffer: int, size: int, stash: int, align: int, part: int, member: int
) -> int:
    split = dma_utils.cut_as_split(firmware.machine, buffer, size, stash, align)
    found = (split.head, split.body, split.tail)[part]
    return (found.address, found.recovery, found.size)[member]


@calls.add
def esp_dma_merge_begin(firmware: Firmware) -> None:
    dma_utils.merge_barrier(firmware.machine)


@calls.add
def esp_dma_merge_part(firmware: Firmware, to: int, source: int, size: int) -> None:
    dma_utils.merge_part(firmware.machine, to, source, size)


@calls.add
def esp_dma_calculate_node_count(_firmware: Firmware, size: int, align: int, limit: int) -> int:
    if align and not limit & -align:
        raise FirmwareAssert(
            f"esp_dma_calculate_node_count divides by zero: items of {limit} bytes, aligned to {align}"
        )
    return node_count(size, align, limit)
