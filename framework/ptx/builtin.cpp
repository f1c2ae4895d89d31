// SPDX-License-Identifier: Apache-2.0
#include "ptx/builtin.h"

#include <fmt/format.h>

#include <cstring>

#include "ptx/block.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"
#include "ptx/printf.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

std::uint8_t* value_place(Warp& warp, const Op& op, std::size_t index, int lane) {
  const std::uint32_t* value = warp.lists + op.list + 2 * index;
  if (value[0] != 0) return row_of(warp, value[1]) + std::size_t{value[0]} * lane;
  return warp.local.data() + std::size_t{warp.local_stride} * lane + warp.local_base + value[1];
}

template <class T = u64>
T argument(Warp& warp, const Op& op, std::size_t index, int lane) {
  T value = 0;
  std::memcpy(&value, value_place(warp, op, index, lane), sizeof value);
  return value;
}

// The text at a generic address; empty optional once a Fault is raised.
std::optional<std::string> read_string(Warp& warp, int lane, u64 address) {
  if (address == 0) return "(null)";
  const std::size_t most = readable_bytes(warp, lane, address);
  const std::uint8_t* text = locate_bytes(warp, lane, address, most == 0 ? 1 : most);
  if (text == nullptr) return std::nullopt;
  const void* end = std::memchr(text, 0, most);
  const auto* last = end == nullptr ? text + most : static_cast<const std::uint8_t*>(end);
  return std::string(reinterpret_cast<const char*>(text), reinterpret_cast<const char*>(last));
}

// int vprintf(const char* format, const void* arguments)
Step print(Warp& warp, const Op& op) {
  const std::uint32_t mask = warp.mask;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const auto format = read_string(warp, lane, argument(warp, op, 0, lane));
    if (!format) return Step::Fault;
    const u64 arguments = argument(warp, op, 1, lane);
    PrintfSource source;
    source.bytes = [&](std::size_t offset, std::size_t size) {
      return locate_bytes(warp, lane, arguments + offset, size);
    };
    source.string = [&](u64 address) { return read_string(warp, lane, address); };
    const auto text = format_printf(*format, source);
    if (!text) return Step::Fault;
    warp.execution->print(*text);
    const u32 written = static_cast<u32>(text->size());
    if (op.count > 4) std::memcpy(value_place(warp, op, 2, lane), &written, sizeof written);
  }
  warp.mask = mask;
  return Step::Next;
}

// void __assertfail(const char* message, const char* file, u32 line, const char* function, size_t)
Step assert_fail(Warp& warp, const Op& op) {
  const int lane = std::countr_zero(warp.mask);
  const auto message = read_string(warp, lane, argument(warp, op, 0, lane));
  const auto file = read_string(warp, lane, argument(warp, op, 1, lane));
  const auto function = read_string(warp, lane, argument(warp, op, 3, lane));
  if (!message || !file || !function) return Step::Fault;
  return raise(warp, FaultKind::Trap,
               fmt::format("assertion `{}` failed at {}:{} in {}", *message, *file,
                           argument<u32>(warp, op, 2, lane), *function));
}

// void* malloc(size_t): device-heap blocks live until the launch ends.
Step allocate(Warp& warp, const Op& op) {
  for_each_lane(warp.mask, [&](int lane) {
    const u64 address = warp.execution->allocate_heap(argument(warp, op, 0, lane));
    std::memcpy(value_place(warp, op, 1, lane), &address, sizeof address);
  });
  return Step::Next;
}

Step release(Warp& warp, const Op& op) {
  for_each_lane(warp.mask,
                [&](int lane) { warp.execution->free_heap(argument(warp, op, 0, lane)); });
  return Step::Next;
}

}  // namespace

Handler find_builtin(std::string_view name) {
  if (name == "vprintf") return &print;
  if (name == "__assertfail" || name == "__assert_fail") return &assert_fail;
  if (name == "malloc") return &allocate;
  if (name == "free") return &release;
  return nullptr;
}

}  // namespace fitest::ptx
