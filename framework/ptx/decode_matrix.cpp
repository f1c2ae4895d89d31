// SPDX-License-Identifier: Apache-2.0
// mma, wmma, ldmatrix, stmatrix: PTX ISA §9.7.14.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "ptx/chapters.h"
#include "ptx/exec_fragment.h"
#include "ptx/matrix.h"
#include "ptx/modifiers.h"
#include "ptx/narrow_matrix.h"

namespace fitest::ptx {
namespace {

// The registers of a vector operand, or the one register.
std::vector<const Operand*> elements_of(const Operand& operand) {
  std::vector<const Operand*> elements;
  if (operand.kind != OperandKind::Vector) return {&operand};
  for (const Operand& element : operand.elements) elements.push_back(&element);
  return elements;
}

std::vector<const Operand*> require_elements(const Operand& operand, int count) {
  std::vector<const Operand*> elements = elements_of(operand);
  if (static_cast<int>(elements.size()) != count) {
    throw Unsupported{
        fmt::format("a fragment of {} registers where {} are expected", elements.size(), count)};
  }
  return elements;
}

// Rows of registers of one of HandlerEntry's operand codes.
class Rows {
 public:
  explicit Rows(Decoder& decoder, char code = 'w') : decoder_(decoder), code_(code) {}

  void add_sources(const Operand& operand, int count) {
    for (const Operand* element : require_elements(operand, count)) {
      refs_.push_back(decoder_.source(*element, code_));
    }
  }
  void add_destinations(const Operand& operand, int count) {
    for (const Operand* element : require_elements(operand, count)) {
      refs_.push_back(decoder_.destination(*element, code_));
    }
  }
  const std::vector<Ref>& refs() const { return refs_; }

 private:
  Decoder& decoder_;
  char code_;
  std::vector<Ref> refs_;
};

StateSpace find_space(const Instruction& instruction) {
  for (const std::string& modifier : instruction.modifiers) {
    if (const auto space = space_of(modifier)) return *space;
  }
  return StateSpace::Generic;
}

struct AccessOp {
  Handler handler;
  std::uint8_t flags;  // kOpReads or kOpWrites
  std::vector<std::uint32_t> list;
  Ref stride = kNoRef;
};

Op& emit_access(Decoder& decoder, const Operand& address, const AccessOp& access) {
  Op place;
  decoder.address(place, address, find_space(decoder.instruction()));
  const std::uint32_t list = decoder.add_list(access.list);
  Op& op = decoder.emit(access.handler);
  op.a = place.a;
  op.imm = place.imm;
  op.target = place.target;
  op.space = place.space;
  op.flags = place.flags | access.flags;
  op.b = access.stride;
  op.list = list;
  return op;
}

// Why a multiplication is refused.
std::string refusal(const Instruction& instruction) {
  if (has_modifier(instruction, "sp") || has_modifier(instruction, "sp::ordered_metadata")) {
    return "sparse matrices; multiply the whole ones with mma.sync instead";
  }
  if (has_modifier(instruction, "block_scale")) {
    return "block-scaled operands; multiply by the scales with separate instructions";
  }
  if (instruction.opcode == "wmma") {
    return "this shape or type of wmma; f16, bf16, tf32, s8 and u8 are executed, and mma.sync also "
           "with s4, u4, b1 and f64";
  }
  if (has_modifier(instruction, "m8n8k4")) {
    return "m8n8k4 of f16, the shape of Volta; compile for compute_75 or later, which has m16n8k8";
  }
  return "this shape or type of matrix multiplication";
}

void decode_fragment_access(Decoder& decoder) {
  const auto form = parse_fragment(decoder.instruction());
  if (!form) throw Unsupported{refusal(decoder.instruction())};
  const Operand& value = decoder.operand(form->is_store ? 1 : 0);
  const Operand& address = decoder.operand(form->is_store ? 0 : 1);
  AccessOp access;
  access.handler = form->is_store ? &store_fragment : &load_fragment;
  access.flags = form->is_store ? kOpWrites : kOpReads;
  Rows rows(decoder);
  if (form->is_store) {
    rows.add_sources(value, form->registers);
  } else {
    rows.add_destinations(value, form->registers);
  }
  access.list = encode_fragment(*form, rows.refs());
  const bool has_stride = decoder.instruction().operands.size() > 2;
  access.stride = has_stride
                      ? decoder.source(decoder.operand(2), 'w')
                      : decoder.constant(static_cast<std::uint64_t>(dense_stride(*form)), 'w');
  emit_access(decoder, address, access);
}

void decode_narrow_multiply(Decoder& decoder, const NarrowForm& form) {
  Rows rows(decoder, form.kind == NarrowForm::Kind::Doubles ? 'd' : 'w');
  const auto row_blocks = static_cast<int>(form.row_blocks);
  const auto k_blocks = static_cast<int>(form.k_blocks);
  rows.add_destinations(decoder.operand(0), 2 * row_blocks);
  rows.add_sources(decoder.operand(1), row_blocks * k_blocks);
  rows.add_sources(decoder.operand(2), k_blocks);
  rows.add_sources(decoder.operand(3), 2 * row_blocks);
  const std::uint32_t list = decoder.add_list(encode_narrow(form, rows.refs()));
  decoder.emit(&multiply_narrow).list = list;
}

}  // namespace

void decode_multiply(Decoder& decoder) {
  const Instruction& instruction = decoder.instruction();
  if (const auto narrow = parse_narrow_multiply(instruction)) {
    return decode_narrow_multiply(decoder, *narrow);
  }
  const auto form = parse_multiply(instruction);
  if (!form) throw Unsupported{refusal(instruction)};
  Rows rows(decoder);
  rows.add_destinations(decoder.operand(0), form->d_registers);
  rows.add_sources(decoder.operand(1), form->a_registers);
  rows.add_sources(decoder.operand(2), form->b_registers);
  rows.add_sources(decoder.operand(3), form->c_registers);
  const std::uint32_t list = decoder.add_list(encode_multiply(*form, rows.refs()));
  decoder.emit(&multiply_warp).list = list;
}

void decode_wmma(Decoder& decoder) {
  if (has_modifier(decoder.instruction(), "mma")) return decode_multiply(decoder);
  decode_fragment_access(decoder);
}

// ldmatrix.sync.aligned.m8n8.num{.trans}{.space}.b16 r, [p]; stmatrix … [p], r
void decode_matrix_access(Decoder& decoder) {
  const Instruction& instruction = decoder.instruction();
  const bool stores = instruction.opcode == "stmatrix";
  const int count = has_modifier(instruction, "x4") ? 4 : has_modifier(instruction, "x2") ? 2 : 1;
  if (!has_modifier(instruction, "m8n8") || !has_modifier(instruction, "b16")) {
    throw Unsupported{"matrices other than .m8n8 of .b16"};
  }
  const Operand& value = decoder.operand(stores ? 1 : 0);
  AccessOp access;
  access.handler = stores ? &store_blocks : &load_blocks;
  access.flags = stores ? kOpWrites : kOpReads;
  Rows rows(decoder);
  if (stores) {
    rows.add_sources(value, count);
  } else {
    rows.add_destinations(value, count);
  }
  access.list = rows.refs();
  Op& op = emit_access(decoder, decoder.operand(stores ? 0 : 1), access);
  op.count = static_cast<std::uint8_t>(count);
  op.aux = has_modifier(instruction, "trans") ? 1 : 0;
}

// movmatrix.sync.aligned.m8n8.trans.b16 d, a
void decode_matrix_move(Decoder& decoder) {
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref d = decoder.destination(decoder.operand(0), 'w');
  Op& op = decoder.emit(&transpose_matrix);
  op.a = a;
  op.d = d;
}

}  // namespace fitest::ptx
