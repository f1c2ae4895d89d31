// SPDX-License-Identifier: Apache-2.0
// ld, st, mov, cvta: PTX ISA §9.7.9.
#include <fmt/format.h>

#include <array>

#include "ptx/address_space.h"
#include "ptx/chapters.h"
#include "ptx/modifiers.h"

namespace fitest::ptx {
namespace {

struct MemoryModifiers {
  StateSpace space = StateSpace::Generic;
  Type type = Type::None;
  int elements = 1;
  bool strong = false;
  bool acquire = false;
  bool release = false;
};

MemoryModifiers read_modifiers(const Instruction& instruction) {
  MemoryModifiers modifiers;
  for (const std::string& modifier : instruction.modifiers) {
    if (is_cache_hint(modifier) || is_scope(modifier) || modifier == "weak") continue;
    if (modifier == "acquire") modifiers.acquire = true;
    if (modifier == "release") modifiers.release = true;
    if (is_order(modifier)) {
      modifiers.strong = true;
    } else if (const auto space = space_of(modifier)) {
      modifiers.space = *space;
    } else if (modifier.size() == 2 && modifier[0] == 'v') {
      modifiers.elements = modifier[1] - '0';
    } else if (const auto type = type_from_name(modifier)) {
      modifiers.type = *type;
    } else {
      throw Unsupported{"the modifier ." + modifier};
    }
  }
  return modifiers;
}

bool is_signed_type(Type type) {
  return type == Type::S8 || type == Type::S16 || type == Type::S32 || type == Type::S64;
}

// A register of 128 bits has two rows of 64-bit cells, the lower bits first.
constexpr Ref kHighRow = kLanes * 8;

void require_b128(const Decoder& decoder, const Operand& operand) {
  const bool is_register = operand.kind == OperandKind::Register && operand.reg >= 0;
  if (is_register && decoder.register_type(operand.reg) == Type::B128) return;
  throw Unsupported{"an operand of .b128 that is no register of .b128"};
}

struct Transfer {
  MemoryModifiers modifiers;
  bool is_b128 = false;
  std::vector<const Operand*> values;
  MemoryForm form;
};

// All registers of a vector must have the same width.
Transfer read_transfer(const Decoder& decoder, const Operand& value) {
  Transfer transfer;
  transfer.modifiers = read_modifiers(decoder.instruction());
  const int bits = bits_of(transfer.modifiers.type);
  if (bits < 8 || bits > 128) throw Unsupported{"accesses of this type"};
  if (value.kind == OperandKind::Vector) {
    for (const Operand& element : value.elements) transfer.values.push_back(&element);
  } else {
    transfer.values.push_back(&value);
  }
  if (static_cast<int>(transfer.values.size()) != transfer.modifiers.elements) {
    throw Unsupported{fmt::format("a vector of {} registers", transfer.values.size())};
  }
  transfer.is_b128 = bits == 128;
  if (transfer.is_b128) {
    for (const Operand* element : transfer.values) require_b128(decoder, *element);
    transfer.form.bytes = 8;
    transfer.form.elements = 2 * transfer.modifiers.elements;
    transfer.form.wide_row = true;
    return transfer;
  }
  transfer.form.bytes = bits / 8;
  transfer.form.is_signed = is_signed_type(transfer.modifiers.type);
  transfer.form.elements = transfer.modifiers.elements;
  transfer.form.wide_row = bits == 64;
  for (const Operand* element : transfer.values) {
    if (element->kind == OperandKind::Register && element->reg >= 0) {
      transfer.form.wide_row = decoder.cell_of(element->reg) == 8;
    }
  }
  return transfer;
}

void set_access(Op& op, const Transfer& transfer) {
  op.bytes = static_cast<std::uint8_t>(transfer.form.bytes * transfer.form.elements);
  if (transfer.modifiers.strong) op.flags |= kOpStrong;
  if (transfer.modifiers.acquire) op.flags |= kOpAcquire;
  if (transfer.modifiers.release) op.flags |= kOpRelease;
  op.count = static_cast<std::uint8_t>(transfer.form.elements);
}

}  // namespace

void decode_load(Decoder& decoder) {
  const Transfer transfer = read_transfer(decoder, decoder.operand(0));
  const Handler handler = handlers().load(transfer.form);
  if (handler == nullptr) throw Unsupported{"this width of access"};
  const char code = transfer.form.wide_row ? 'l' : 'w';
  std::vector<std::uint32_t> rows;
  for (const Operand* value : transfer.values) {
    rows.push_back(decoder.destination(*value, code));
    if (transfer.is_b128) rows.push_back(rows.back() + kHighRow);
  }
  Op access;
  decoder.address(access, decoder.operand(1), transfer.modifiers.space);
  const std::uint32_t list = rows.size() > 1 ? decoder.add_list(rows) : 0;
  Op& op = decoder.emit(handler);
  op.a = access.a;
  op.imm = access.imm;
  op.target = access.target;
  op.space = access.space;
  op.flags = access.flags | kOpReads;
  op.d = rows.front();
  op.list = list;
  set_access(op, transfer);
}

void decode_store(Decoder& decoder) {
  const Transfer transfer = read_transfer(decoder, decoder.operand(1));
  const Handler handler = handlers().store(transfer.form);
  if (handler == nullptr) throw Unsupported{"this width of access"};
  const char code = transfer.form.wide_row ? 'l' : 'w';
  std::vector<std::uint32_t> rows;
  for (const Operand* value : transfer.values) {
    rows.push_back(decoder.source(*value, code));
    if (transfer.is_b128) rows.push_back(rows.back() + kHighRow);
  }
  Op access;
  decoder.address(access, decoder.operand(0), transfer.modifiers.space);
  const std::uint32_t list = rows.size() > 1 ? decoder.add_list(rows) : 0;
  Op& op = decoder.emit(handler);
  op.a = access.a;
  op.imm = access.imm;
  op.target = access.target;
  op.space = access.space;
  op.flags = access.flags | kOpWrites;
  op.b = rows.front();
  op.list = list;
  set_access(op, transfer);
}

namespace {

void emit_unary(Decoder& decoder, std::string_view opcode, Ref d, Ref a) {
  Op& op = decoder.emit(opcode);
  op.d = d;
  op.a = a;
}

struct Sources {
  Ref a;
  Ref b;
};

void emit_binary(Decoder& decoder, std::string_view opcode, Ref d, Sources sources) {
  Op& op = decoder.emit(opcode);
  op.d = d;
  op.a = sources.a;
  op.b = sources.b;
}

// d = {a, b, …}: the first element is the least significant.
void pack(Decoder& decoder, int bits, const Operand& d, const std::vector<Operand>& parts) {
  if (parts.size() == 2) {
    const char code = bits == 64 ? 'w' : 'h';
    const Ref low = decoder.source(parts[0], code);
    const Ref high = decoder.source(parts[1], code);
    const char* opcode = bits == 64 ? "$pack.b32x2" : bits == 32 ? "$pack.b16x2" : "$pack.b8x2";
    emit_binary(decoder, opcode, decoder.destination(d, bits == 64 ? 'l' : 'w'), {low, high});
    return;
  }
  if (parts.size() != 4 || bits < 32) throw Unsupported{"this number of parts"};
  const char* inner = bits == 64 ? "$pack.b16x2" : "$pack.b8x2";
  Ref half[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const Ref low = decoder.source(parts[2 * i], 'h');
    const Ref high = decoder.source(parts[2 * i + 1], 'h');
    half[i] = decoder.scratch('w');
    emit_binary(decoder, inner, half[i], {low, high});
  }
  emit_binary(decoder, bits == 64 ? "$pack.b32x2" : "$pack.b16x2",
              decoder.destination(d, bits == 64 ? 'l' : 'w'), {half[0], half[1]});
}

void unpack(Decoder& decoder, int bits, const std::vector<Operand>& parts, const Operand& a) {
  const Ref whole = decoder.source(a, bits == 64 ? 'l' : 'w');
  const std::string half_bits = std::to_string(bits / 2);
  const char code = bits == 64 ? 'w' : 'h';
  if (parts.size() == 2) {
    // Widths differ, so that no part is the source; both are read before either is written.
    emit_unary(decoder, "$low.b" + half_bits, decoder.destination(parts[0], code), whole);
    emit_unary(decoder, "$high.b" + half_bits, decoder.destination(parts[1], code), whole);
    return;
  }
  if (parts.size() != 4 || bits < 32) throw Unsupported{"this number of parts"};
  const std::string quarter_bits = std::to_string(bits / 4);
  for (std::size_t i = 0; i < 2; ++i) {
    const Ref half = decoder.scratch('w');
    emit_unary(decoder, (i == 0 ? "$low.b" : "$high.b") + half_bits, half, whole);
    emit_unary(decoder, "$low.b" + quarter_bits, decoder.destination(parts[2 * i], 'h'), half);
    emit_unary(decoder, "$high.b" + quarter_bits, decoder.destination(parts[2 * i + 1], 'h'), half);
  }
}

}  // namespace

namespace {

// The two 64-bit halves of an operand of mov.b128, which is a register or {low, high}.
std::array<Ref, 2> halves_of(Decoder& decoder, const Operand& operand, bool writes) {
  const auto row = [&](const Operand& part) {
    return writes ? decoder.destination(part, 'l') : decoder.source(part, 'l');
  };
  if (operand.kind == OperandKind::Vector) {
    if (operand.elements.size() != 2) throw Unsupported{"this number of parts"};
    return {row(operand.elements[0]), row(operand.elements[1])};
  }
  require_b128(decoder, operand);
  const Ref low = row(operand);
  return {low, low + kHighRow};
}

void move_b128(Decoder& decoder) {
  const std::array<Ref, 2> from = halves_of(decoder, decoder.operand(1), false);
  const std::array<Ref, 2> to = halves_of(decoder, decoder.operand(0), true);
  for (std::size_t i = 0; i < to.size(); ++i) emit_unary(decoder, "mov.b64", to[i], from[i]);
}

}  // namespace

void decode_move(Decoder& decoder) {
  const Instruction& instruction = decoder.instruction();
  const auto type =
      instruction.modifiers.empty() ? std::nullopt : type_from_name(instruction.modifiers.back());
  if (!type) throw Unsupported{"a mov without a type"};
  const Operand& d = decoder.operand(0);
  const Operand& a = decoder.operand(1);
  if (*type == Type::B128) {
    move_b128(decoder);
  } else if (a.kind == OperandKind::Vector) {
    pack(decoder, bits_of(*type), d, a.elements);
  } else if (d.kind == OperandKind::Vector) {
    unpack(decoder, bits_of(*type), d.elements, a);
  } else if (a.kind == OperandKind::Register && a.reg < 0) {
    const char code = bits_of(*type) == 64 ? 'l' : 'w';
    const Ref d_row = decoder.destination(d, code);
    special_source(decoder, a.name, code);
    // The op that reads the register writes the destination itself.
    decoder.program().code.back().d = d_row;
  } else {
    decode_by_table(decoder, "mov." + std::string(name_of(*type)));
  }
}

// cvta.space: state space to generic; cvta.to.space: back.
void decode_convert_address(Decoder& decoder) {
  StateSpace space = StateSpace::Generic;
  bool to_space = false;
  bool wide = true;
  for (const std::string& modifier : decoder.instruction().modifiers) {
    if (modifier == "to") to_space = true;
    if (const auto named = space_of(modifier)) space = *named;
    if (modifier == "u32") wide = false;
  }
  if (!wide) throw Unsupported{"32-bit generic addresses"};
  std::uint64_t window = 0;
  if (space == StateSpace::Shared) window = kSharedWindow;
  if (space == StateSpace::Local) window = kLocalWindow;
  if (space == StateSpace::Param && !decoder.in_kernel()) window = kLocalWindow;
  if (to_space) window = 0 - window;
  const Ref a = decoder.source(decoder.operand(1), 'l');
  const Ref b = decoder.constant(window, 'l');
  const Ref d = decoder.destination(decoder.operand(0), 'l');
  emit_binary(decoder, "add.u64", d, {a, b});
}

// A cache policy has no effect here; its value is any.
void decode_policy(Decoder& decoder) {
  const Ref zero = decoder.constant(0, 'l');
  emit_unary(decoder, "mov.b64", decoder.destination(decoder.operand(0), 'l'), zero);
}

}  // namespace fitest::ptx
