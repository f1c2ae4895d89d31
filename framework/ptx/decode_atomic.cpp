// SPDX-License-Identifier: Apache-2.0
// atom and red.
#include <array>

#include "ptx/chapters.h"
#include "ptx/exec_atomic.h"
#include "ptx/modifiers.h"

namespace fitest::ptx {
namespace {

struct AtomicModifiers {
  std::string form;  // operation and type
  StateSpace space = StateSpace::Generic;
  std::size_t elements = 1;
};

// Vectors have the type before the operation: .v2.f16.add.noftz
AtomicModifiers read_modifiers(const Instruction& instruction) {
  AtomicModifiers result;
  std::string type;
  for (const std::string& modifier : instruction.modifiers) {
    if (const auto space = space_of(modifier)) {
      result.space = *space;
    } else if (is_order(modifier) || is_scope(modifier) || is_cache_hint(modifier)) {
      continue;
    } else if (modifier == "v2" || modifier == "v4" || modifier == "v8") {
      result.elements = static_cast<std::size_t>(modifier[1] - '0');
    } else if (type_from_name(modifier)) {
      type = "." + modifier;
    } else {
      result.form += (result.form.empty() ? "" : ".") + modifier;
    }
  }
  result.form += type;
  return result;
}

std::vector<const Operand*> elements_of(const Operand& operand) {
  std::vector<const Operand*> elements;
  if (operand.kind == OperandKind::Vector) {
    for (const Operand& element : operand.elements) elements.push_back(&element);
  } else {
    elements.push_back(&operand);
  }
  return elements;
}

void decode_update(Decoder& decoder, bool has_result) {
  const AtomicModifiers modifiers = read_modifiers(decoder.instruction());
  const AtomicForm* form = find_atomic(modifiers.form);
  if (form == nullptr) throw Unsupported{"this atomic operation"};
  std::size_t next = has_result ? 1 : 0;
  Op access;
  decoder.address(access, decoder.operand(next), modifiers.space);
  const auto operands = elements_of(decoder.operand(next + 1));
  const char code = form->bytes == 8 ? 'l' : 'w';
  if (has_result && elements_of(decoder.operand(0)).size() != operands.size()) {
    throw Unsupported{"a result with another number of elements than the operand"};
  }
  std::vector<std::uint32_t> list;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    list.push_back(kNoRef);
    if (!has_result) continue;
    list.back() = decoder.destination(*elements_of(decoder.operand(0)).at(i), code);
  }
  if (list.size() != modifiers.elements) throw Unsupported{"this number of elements"};
  for (const Operand* operand : operands) list.push_back(decoder.source(*operand, code));
  const Ref c = form->has_c ? decoder.source(decoder.operand(next + 2), code) : kNoRef;
  const std::uint32_t first = decoder.add_list(list);
  Op& op = decoder.emit(form->handler);
  op.a = access.a;
  op.imm = access.imm;
  op.target = access.target;
  op.space = access.space;
  op.flags = access.flags | kOpReads | kOpWrites | kOpStrong;
  op.c = c;
  op.list = first;
  op.count = static_cast<std::uint8_t>(operands.size());
  op.bytes = static_cast<std::uint8_t>(static_cast<std::size_t>(form->bytes) * operands.size());
}

}  // namespace

void decode_atomic(Decoder& decoder) {
  decode_update(decoder, true);
}

void decode_reduction(Decoder& decoder) {
  decode_update(decoder, false);
}

}  // namespace fitest::ptx
