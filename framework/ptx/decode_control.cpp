// SPDX-License-Identifier: Apache-2.0
// Control flow, barriers of a block, special registers: PTX ISA §9.7.12, §9.7.13, §10.
#include <fmt/format.h>

#include <unordered_map>

#include "ptx/block.h"
#include "ptx/builtin.h"
#include "ptx/chapters.h"
#include "ptx/exec_control.h"
#include "ptx/modifiers.h"

namespace fitest::ptx {
namespace {

struct SpecialEntry {
  SpecialRegister which;
  char code;
};

const SpecialEntry* find_special(const std::string& name) {
  static const std::unordered_map<std::string, SpecialEntry> specials = {
#define FITEST_PTX_SPECIAL(name, enumerator, code) {name, {SpecialRegister::enumerator, code}},
#include "ptx/special_register.def"
#undef FITEST_PTX_SPECIAL
  };
  const auto found = specials.find(name);
  return found == specials.end() ? nullptr : &found->second;
}

}  // namespace

Ref special_source(Decoder& decoder, const std::string& name, char code) {
  const SpecialEntry* special = find_special(name);
  if (special == nullptr) throw Unsupported{"the special register " + name};
  if (name.starts_with("%reserved_smem")) decoder.program().uses_reserved_shared = true;
  const bool wide = code == 'l' || code == 'd';
  if (special->code == 'l' && !wide) throw Unsupported{"a 32-bit read of " + name};
  const Ref row = decoder.scratch(code);
  Op& op = decoder.emit(wide ? &read_special64 : &read_special32);
  op.d = row;
  op.aux = static_cast<std::uint32_t>(special->which);
  return row;
}

Ref frame_address(Decoder& decoder, std::uint64_t offset, char code) {
  if (decoder.in_kernel()) return decoder.constant(offset, code);
  const Ref row = decoder.scratch('l');
  Op& op = decoder.emit(&read_frame_address);
  op.d = row;
  op.imm = static_cast<std::int64_t>(offset);
  if (code == 'l') return row;
  const Ref low = decoder.scratch('w');
  Op& narrow = decoder.emit("$low.b32");
  narrow.d = low;
  narrow.a = row;
  return low;
}

void decode_branch(Decoder& decoder) {
  const Operand& target = decoder.operand(0);
  if (target.kind != OperandKind::Symbol) throw Unsupported{"a branch to a register"};
  decoder.emit(&branch);
  decoder.branch_to(decoder.next_op() - 1, target.name);
}

// brx.idx index, list;
void decode_indexed_branch(Decoder& decoder) {
  const Ref index = decoder.source(decoder.operand(0), 'w');
  const Function& function = *decoder.function_code(decoder.current()).function;
  const auto targets = function.branch_targets.find(decoder.operand(1).name);
  if (targets == function.branch_targets.end() || targets->second.size() > 255) {
    throw Unsupported{"this list of branch targets"};
  }
  const std::uint32_t list =
      decoder.add_list(std::vector<std::uint32_t>(targets->second.size(), 0));
  for (std::size_t i = 0; i < targets->second.size(); ++i) {
    decoder.list_branch(list + i, targets->second[i]);
  }
  Op& op = decoder.emit(&indexed_branch);
  op.a = index;
  op.list = list;
  op.count = static_cast<std::uint8_t>(targets->second.size());
}

void decode_return(Decoder& decoder) {
  decoder.emit(decoder.in_kernel() ? &exit_thread : &leave_function);
}

void decode_exit(Decoder& decoder) {
  decoder.emit(&exit_thread);
}

void decode_trap(Decoder& decoder) {
  decoder.emit(&trap);
}

namespace {

// (bytes of a cell, row) of a register or literal; (0, offset in the frame) of a .param variable.
void add_value(Decoder& decoder, const Operand& value, bool is_result,
               std::vector<std::uint32_t>& list) {
  if (value.kind == OperandKind::Symbol) {
    const Place* place = decoder.find_place(value.name);
    if (place == nullptr || !place->in_frame) throw Unsupported{"the argument " + value.name};
    list.push_back(0);
    list.push_back(static_cast<std::uint32_t>(place->address));
    return;
  }
  const bool wide =
      value.kind == OperandKind::Register && value.reg >= 0 && decoder.cell_of(value.reg) == 8;
  const char code = wide ? 'l' : 'w';
  list.push_back(wide ? 8 : 4);
  list.push_back(is_result ? decoder.destination(value, code) : decoder.source(value, code));
}

}  // namespace

void decode_call(Decoder& decoder) {
  const Operand& callee = decoder.operand(1);
  std::vector<std::uint32_t> list;
  for (const Operand& value : decoder.operand(2).elements) {
    add_value(decoder, value, false, list);
  }
  for (const Operand& value : decoder.operand(0).elements) add_value(decoder, value, true, list);
  const auto first = decoder.add_list(list);
  Op call;
  if (callee.kind == OperandKind::Symbol) {
    if (const Handler builtin = find_builtin(callee.name)) {
      call.handler = builtin;
    } else {
      call.handler = &call_direct;
      call.target = decoder.function_index(callee.name, true);
      const FunctionCode& code = decoder.function_code(call.target);
      if (2 * (code.parameters.size() + code.results.size()) != list.size()) {
        throw Unsupported{"a call with the wrong number of arguments"};
      }
    }
  } else {
    call.handler = &call_indirect;
    call.a = decoder.source(callee, 'l');
    decoder.add_indirect_callees();
  }
  Op& op = decoder.emit(call.handler);
  op.a = call.a;
  op.target = call.target;
  op.list = first;
  op.count = static_cast<std::uint8_t>(list.size());
}

namespace {

Reduction reduction_of(const Decoder& decoder) {
  if (!has_modifier(decoder.instruction(), "red")) return Reduction::None;
  if (has_modifier(decoder.instruction(), "popc")) return Reduction::Popc;
  return has_modifier(decoder.instruction(), "and") ? Reduction::And : Reduction::Or;
}

}  // namespace

// bar.sync a[, b]; bar.arrive a, b; bar.red.op d, a[, b], p; barrier is the same, with .aligned.
void decode_barrier(Decoder& decoder) {
  if (has_modifier(decoder.instruction(), "warp")) return decode_warp_barrier(decoder);
  if (has_modifier(decoder.instruction(), "cluster")) throw Unsupported{"clusters"};
  const Reduction reduction = reduction_of(decoder);
  Op barrier;
  std::size_t next = 0;
  const Operand* result = nullptr;
  if (reduction != Reduction::None) result = &decoder.operand(next++);
  barrier.a = decoder.source(decoder.operand(next++), 'w');
  const std::size_t left = decoder.instruction().operands.size() - next;
  const std::size_t votes = reduction != Reduction::None ? 1 : 0;
  if (left > votes) barrier.b = decoder.source(decoder.operand(next++), 'w');
  if (reduction != Reduction::None) {
    barrier.c = decoder.source(decoder.operand(next), 'p');
    barrier.d = decoder.destination(*result, reduction == Reduction::Popc ? 'w' : 'p');
  }
  Op& op = decoder.emit(&block_barrier);
  op.a = barrier.a;
  op.b = barrier.b;
  op.c = barrier.c;
  op.d = barrier.d;
  op.aux = static_cast<std::uint32_t>(reduction);
  op.imm = has_modifier(decoder.instruction(), "arrive") ? 1 : 0;
  if (decoder.instruction().opcode == "bar" || has_modifier(decoder.instruction(), "aligned")) {
    op.flags |= kOpAligned;
  }
}

void decode_nanosleep(Decoder& decoder) {
  decoder.emit(&nanosleep);
}

void decode_fence(Decoder& decoder) {
  decoder.emit(&fence);
}

}  // namespace fitest::ptx
