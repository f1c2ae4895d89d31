// SPDX-License-Identifier: Apache-2.0
// Control flow, calls, and instructions in which the lanes of a warp meet.
#include <algorithm>
#include <array>
#include <cstring>

#include "ptx/builtin.h"
#include "ptx/exec_fragment.h"
#include "ptx/exec_warp.h"
#include "ptx/execution.h"
#include "ptx/handlers.h"
#include "ptx/track_lanes.h"

namespace fitest::ptx {
namespace {

constexpr u64 kAllBits = ~u64{0};
constexpr std::uint32_t kMatrixHeader = 3;  // words of the list before the rows

const Program& program_of(const Warp& warp) {
  return warp.execution->program();
}

std::uint8_t* local_written(Warp& warp, int lane, std::uint32_t offset) {
  return warp.local_written.data() + std::size_t{warp.local_stride} * lane + offset;
}

// A value of a call: a row, or bytes of the caller's frame. The list has (bytes of a cell, where).
struct CallValue {
  std::uint32_t cell_bytes;
  std::uint32_t offset;
  std::uint32_t row;
};

CallValue value_at(const Warp& warp, std::uint32_t entry) {
  return {warp.lists[entry], warp.lists[entry + 1], warp.tracked->rows[entry + 1]};
}

// Between a value of the caller and the bytes of the callee's frame that stand for it.
struct Passing {
  std::uint16_t caller;
  std::uint32_t caller_base;
  std::uint32_t formal;  // offset in local memory
  std::uint32_t bytes;
};

void pass_in(Warp& warp, int lane, const Passing& passing, const CallValue& value) {
  std::uint8_t* formal = local_written(warp, lane, passing.formal);
  if (value.cell_bytes == 0) {
    std::memmove(formal, local_written(warp, lane, passing.caller_base + value.offset),
                 passing.bytes);
    return;
  }
  const u64 bits = warp.defined->get(passing.caller, value.row, lane).bits;
  for (std::uint32_t i = 0; i < passing.bytes; ++i) {
    formal[i] = (bits >> (8 * std::min<std::uint32_t>(i, 7)) & 0xFF) == 0 ? 1 : 0;
  }
}

void pass_out(Warp& warp, int lane, const Passing& passing, const CallValue& value) {
  const std::uint8_t* formal = local_written(warp, lane, passing.formal);
  if (value.cell_bytes == 0) {
    std::memmove(local_written(warp, lane, passing.caller_base + value.offset), formal,
                 passing.bytes);
    return;
  }
  const bool whole = std::memchr(formal, 0, passing.bytes) == nullptr;
  warp.defined->set(passing.caller, value.row, lane, {whole ? 0 : kAllBits, 0});
}

}  // namespace

// Whatever decides where the program goes or that it ends must be defined.
Step track_control(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  for (const std::uint32_t source : tracked.sources) {
    require_defined(warp, source, "the instruction");
  }
  define(warp, tracked.d);
  return tracked.op.handler(warp, tracked.op);
}

Step track_call(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[0], "the function that is called");
  const std::uint16_t caller = warp.frame;
  const std::uint32_t caller_base = warp.local_base;
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  const Frame& frame = warp.frames.back();
  const FunctionCode& code = program_of(warp).functions[frame.function];
  warp.defined->enter(warp);
  for_each_lane(frame.lanes, [&](int lane) {
    std::memset(local_written(warp, lane, frame.local_base), 0, code.local_bytes);
    std::uint32_t entry = tracked.op.list;
    for (const FormalSlot& slot : code.parameters) {
      const Passing passing{caller, caller_base, frame.local_base + slot.offset, slot.size_bytes};
      pass_in(warp, lane, passing, value_at(warp, entry));
      entry += 2;
    }
  });
  return step;
}

Step track_return(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  const Frame& frame = warp.frames[warp.frame];
  const FunctionCode& code = program_of(warp).functions[frame.function];
  const Op& call = program_of(warp).code[frame.call];
  const Frame& caller = warp.frames[frame.parent];
  for_each_lane(warp.frame == 0 ? 0 : warp.mask, [&](int lane) {
    std::uint32_t entry = call.list + 2 * static_cast<std::uint32_t>(code.parameters.size());
    for (const FormalSlot& slot : code.results) {
      const Passing passing{frame.parent, caller.local_base, frame.local_base + slot.offset,
                            slot.size_bytes};
      pass_out(warp, lane, passing, value_at(warp, entry));
      entry += 2;
    }
  });
  return tracked.op.handler(warp, tracked.op);
}

// Arguments are used at once, and every result is defined.
Step track_builtin(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  // malloc() returns an address, the others an int or nothing.
  const std::size_t bytes = tracked.op.handler == find_builtin("malloc") ? 8 : 4;
  for (std::uint32_t i = 0; i < tracked.op.count; i += 2) {
    const CallValue value = value_at(warp, tracked.op.list + i);
    define(warp, value.row);
    if (value.cell_bytes != 0) continue;
    for_each_lane(warp.mask, [&](int lane) {
      std::memset(local_written(warp, lane, warp.local_base + value.offset), 1, bytes);
    });
  }
  return step;
}

// A lane's result lacks what the value of the lane that it reads does.
Step track_shuffle(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[1], "the lane that the shuffle names");
  require_defined(warp, tracked.sources[2], "the range of the shuffle");
  require_defined(warp, tracked.sources[3], "the mask of the shuffle");
  const std::uint32_t undefined = undefined_lanes(warp, tracked.sources[0]);
  std::array<Undefined, kLanes> results{};
  if (undefined != 0) {
    const Source<u32> b(warp, tracked.op.b);
    const Source<u32> c(warp, tracked.op.c);
    const auto mode = static_cast<ShuffleMode>(tracked.op.aux);
    for_each_lane(warp.mask, [&](int lane) {
      const int from = shuffle_source(mode, lane, b[lane], c[lane]).lane;
      results[lane] = warp.defined->get(warp.frame, tracked.sources[0], from);
    });
  }
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  define(warp, tracked.p);
  define(warp, tracked.d);
  if (undefined == 0) return step;
  for_each_lane(warp.mask,
                [&](int lane) { warp.defined->set(warp.frame, tracked.d, lane, results[lane]); });
  return step;
}

// Votes, matches and reductions: one lane without a value spoils the result of all. A ballot has a
// bit of its own for each.
Step track_warp(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[3], "the mask of the instruction");
  const std::uint32_t undefined = undefined_lanes(warp, tracked.sources[0]);
  const std::uint32_t load =
      undefined == 0
          ? 0
          : warp.defined->get(warp.frame, tracked.sources[0], std::countr_zero(undefined)).load_pc1;
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  define(warp, tracked.d);
  define(warp, tracked.p);
  if (undefined == 0) return step;
  const bool ballot =
      tracked.op.handler == &vote && static_cast<VoteMode>(tracked.op.aux) == VoteMode::Ballot;
  for_each_lane(warp.mask, [&](int lane) {
    warp.defined->set(warp.frame, tracked.d, lane, {ballot ? undefined : kAllBits, load});
    warp.defined->set(warp.frame, tracked.p, lane, {kAllBits, load});
  });
  return step;
}

Step track_transpose(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  std::array<u32, kLanes> words{};
  for (int lane = 0; lane < kLanes; ++lane) {
    words[static_cast<std::size_t>(lane)] =
        static_cast<u32>(warp.defined->get(warp.frame, tracked.sources[0], lane).bits);
  }
  transpose_block(words.data());
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step != Step::Next) return step;
  for (int lane = 0; lane < kLanes; ++lane) {
    const u32 word = words[static_cast<std::size_t>(lane)];
    warp.defined->set(warp.frame, tracked.d, lane, {word == 0xFFFFFFFF ? kAllBits : word, 0});
  }
  return step;
}

namespace {

// A number's bits, all of its elements 1.
u32 ones_of(Type type) {
  switch (type) {
    case Type::F16:
      return 0x3C003C00;
    case Type::BF16:
      return 0x3F803F80;
    case Type::E4M3:
      return 0x38383838;
    case Type::E5M2:
      return 0x3C3C3C3C;
    case Type::S8:
    case Type::U8:
      return 0x01010101;
    case Type::S32:
      return 1;
    default:
      return 0x3F800000;  // tf32, f32
  }
}

int element_bits(Type type) {
  return type == Type::TF32 ? 32 : bits_of(type);
}

using Register = std::array<u32, kLanes>;

// Ones where an element lacks bits, zeros elsewhere.
Register marks_of(const Warp& warp, std::uint32_t row, Type type) {
  Register marks{};
  const int bits = element_bits(type);
  const u64 element = (u64{1} << bits) - 1;
  for (int lane = 0; lane < kLanes; ++lane) {
    const u64 undefined = warp.defined->get(warp.frame, row, lane).bits & 0xFFFFFFFF;
    u64 mask = 0;
    for (int at = 0; at < 32; at += bits) {
      if ((undefined >> at & element) != 0) mask |= element << at;
    }
    marks[static_cast<std::size_t>(lane)] = ones_of(type) & static_cast<u32>(mask);
  }
  return marks;
}

// The registers of a multiplication, in the order d, a, b, c, and what their elements lack.
struct MarkedProduct {
  MatrixForm form;
  std::vector<std::uint32_t> rows;
  std::vector<Register> marks;
};

// The matrices' own product tells which results the marks of `operand` reach: the other one's
// elements are all 1.
void add_reached(const MarkedProduct& product, int operand, std::vector<Register>& reached) {
  const MatrixForm& form = product.form;
  const auto d = static_cast<std::size_t>(form.d_registers);
  const auto a = static_cast<std::size_t>(form.a_registers);
  const auto b = static_cast<std::size_t>(form.b_registers);
  const auto c = static_cast<std::size_t>(form.c_registers);
  Register all_a;
  Register all_b;
  all_a.fill(operand == 0 ? 0 : ones_of(form.a));
  all_b.fill(operand == 1 ? 0 : ones_of(form.b));
  const Register zero{};
  std::vector<Register> results(d);
  MatrixOperands operands;
  const auto marked = [&](std::size_t at) { return product.marks[at].data(); };
  for (std::size_t i = 0; i < a; ++i) operands.a[i] = operand == 0 ? marked(d + i) : all_a.data();
  for (std::size_t i = 0; i < b; ++i) {
    operands.b[i] = operand == 1 ? marked(d + a + i) : all_b.data();
  }
  for (std::size_t i = 0; i < c; ++i) {
    operands.c[i] = operand == 2 ? marked(d + a + b + i) : zero.data();
  }
  if (operand == 2) {
    for (std::size_t i = 0; i < a; ++i) operands.a[i] = zero.data();
  }
  for (std::size_t i = 0; i < d; ++i) operands.d[i] = results[i].data();
  handlers().multiply(form, operands);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) reached[i][lane] |= results[i][lane];
  }
}

std::uint32_t load_behind(const Warp& warp, const std::vector<std::uint32_t>& rows) {
  for (const std::uint32_t row : rows) {
    const std::uint32_t lanes = undefined_lanes(warp, row);
    if (lanes == 0) continue;
    return warp.defined->get(warp.frame, row, std::countr_zero(lanes)).load_pc1;
  }
  return 0;
}

[[gnu::noinline]] Step multiply_undefined(Warp& warp, const Tracked& tracked) {
  MarkedProduct product{multiply_form(warp.lists + tracked.op.list), {}, {}};
  const MatrixForm& form = product.form;
  const std::uint32_t* rows = warp.tracked->rows.data() + tracked.op.list + kMatrixHeader;
  const auto take = [&](int count, Type type) {
    for (int i = 0; i < count; ++i, ++rows) {
      product.rows.push_back(*rows);
      product.marks.push_back(marks_of(warp, *rows, type));
    }
  };
  take(form.d_registers, form.d);
  take(form.a_registers, form.a);
  take(form.b_registers, form.b);
  take(form.c_registers, form.c);
  const auto d = static_cast<std::size_t>(form.d_registers);
  const std::vector<std::uint32_t> sources(product.rows.begin() + form.d_registers,
                                           product.rows.end());
  const std::uint32_t load = load_behind(warp, sources);
  std::vector<Register> reached(d);
  for (int operand = 0; operand < 3; ++operand) add_reached(product, operand, reached);
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step != Step::Next) return step;
  const u64 element = (u64{1} << bits_of(form.d)) - 1;
  for (std::size_t i = 0; i < d; ++i) {
    for (int lane = 0; lane < kLanes; ++lane) {
      u64 bits = 0;
      for (int at = 0; at < 32; at += bits_of(form.d)) {
        if ((reached[i][static_cast<std::size_t>(lane)] >> at & element) != 0)
          bits |= element << at;
      }
      warp.defined->set(warp.frame, product.rows[i], lane,
                        {bits == 0xFFFFFFFF ? kAllBits : bits, load});
    }
  }
  return step;
}

}  // namespace

Step track_multiply(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  const RowState* states = warp.defined->rows(warp.frame);
  const MatrixForm form = multiply_form(warp.lists + tracked.op.list);
  const std::uint32_t* rows = warp.tracked->rows.data() + tracked.op.list + kMatrixHeader;
  const int sources = form.a_registers + form.b_registers + form.c_registers;
  std::uint32_t undefined = 0;
  for (int i = 0; i < sources; ++i) undefined |= states[rows[form.d_registers + i]].any;
  if ((undefined & warp.mask) != 0) [[unlikely]]
    return multiply_undefined(warp, tracked);
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step != Step::Next) return step;
  for (int i = 0; i < form.d_registers; ++i) define(warp, rows[i]);
  return step;
}

// Of operands that matrix.h does not know: one element without a value spoils all results.
Step track_narrow(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  const MatrixForm counts = multiply_form(warp.lists + tracked.op.list);
  const std::uint32_t* rows = warp.tracked->rows.data() + tracked.op.list + kMatrixHeader;
  const std::uint32_t* sources = rows + counts.d_registers;
  const std::vector<std::uint32_t> all(
      sources, sources + counts.a_registers + counts.b_registers + counts.c_registers);
  const bool undefined = std::any_of(
      all.begin(), all.end(), [&](std::uint32_t row) { return undefined_lanes(warp, row) != 0; });
  const std::uint32_t load = load_behind(warp, all);
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step != Step::Next) return step;
  for (int i = 0; i < counts.d_registers; ++i) {
    define(warp, rows[i]);
    for (int lane = 0; undefined && lane < kLanes; ++lane) {
      warp.defined->set(warp.frame, rows[i], lane, {kAllBits, load});
    }
  }
  return step;
}

}  // namespace fitest::ptx
