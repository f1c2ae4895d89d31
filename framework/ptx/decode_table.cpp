// SPDX-License-Identifier: Apache-2.0
// Instructions whose forms the tables list, and which chapter decodes the others.
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ptx/chapters.h"

namespace fitest::ptx {

Chapter find_chapter(std::string_view base_opcode) {
  static const std::unordered_map<std::string_view, Chapter> chapters = {
#define FITEST_PTX_CHAPTER(opcode, function) {opcode, &function},
#include "ptx/chapters.def"
#undef FITEST_PTX_CHAPTER
  };
  const auto found = chapters.find(base_opcode);
  return found == chapters.end() ? nullptr : found->second;
}

void decode_by_table(Decoder& decoder, const std::string& opcode) {
  const HandlerEntry& entry = decoder.require(opcode);
  const std::string_view codes = entry.operands;
  Ref sources[4] = {kNoRef, kNoRef, kNoRef, kNoRef};
  for (std::size_t i = 1; i < codes.size(); ++i) {
    sources[i - 1] = decoder.source(decoder.operand(i), codes[i]);
  }
  const auto& modifiers = decoder.instruction().modifiers;
  const std::size_t typed = modifiers.size() - (decoder.instruction().opcode == "cvt" ? 2 : 1);
  const bool is_signed = typed < modifiers.size() && modifiers[typed].starts_with("s");
  const Ref d = decoder.destination(decoder.operand(0), codes[0], is_signed);
  Op& op = decoder.emit(entry);
  op.d = d;
  op.a = sources[0];
  op.b = sources[1];
  op.c = sources[2];
  op.e = sources[3];
}

namespace {

bool is_boolean(const std::string& modifier) {
  return modifier == "and" || modifier == "or" || modifier == "xor";
}

Ref negate(Decoder& decoder, Ref predicate) {
  const Ref inverse = decoder.scratch('p');
  Op& op = decoder.emit("not.pred");
  op.d = inverse;
  op.a = predicate;
  return inverse;
}

struct Predicates {
  Ref a;
  Ref b;
};

void combine(Decoder& decoder, const std::string& boolean, Ref d, Predicates sources) {
  Op& op = decoder.emit(boolean.empty() ? "mov.pred" : boolean + ".pred");
  op.d = d;
  op.a = sources.a;
  op.b = sources.b;
}

Ref compare(Decoder& decoder, const std::string& opcode, Ref a, Ref b) {
  const HandlerEntry& entry = decoder.require(opcode);
  const Ref result = decoder.scratch('p');
  Op& op = decoder.emit(entry);
  op.d = result;
  op.a = a;
  op.b = b;
  return result;
}

// The comparison of the instruction's operands 1 and 2.
Ref compare(Decoder& decoder, const std::string& opcode) {
  const HandlerEntry& entry = decoder.require(opcode);
  const Ref a = decoder.source(decoder.operand(1), entry.operands[1]);
  const Ref b = decoder.source(decoder.operand(2), entry.operands[2]);
  return compare(decoder, opcode, a, b);
}

}  // namespace

void decode_lop3(Decoder& decoder) {
  // lop3.BoolOp.b32 d|p, a, b, c, table, q: p = (d != 0) BoolOp q.
  const Operand& target = decoder.operand(0);
  const bool with_predicate = target.kind == OperandKind::Pair;
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref b = decoder.source(decoder.operand(2), 'w');
  const Ref c = decoder.source(decoder.operand(3), 'w');
  const Ref q = with_predicate ? decoder.source(decoder.operand(5), 'p') : kNoRef;
  const Ref d = decoder.destination(with_predicate ? target.elements.at(0) : target, 'w');
  const Ref p = with_predicate ? decoder.destination(target.elements.at(1), 'p') : kNoRef;
  Op& op = decoder.emit("lop3.b32");
  op.d = d;
  op.a = a;
  op.b = b;
  op.c = c;
  op.aux = static_cast<std::uint32_t>(decoder.operand(4).integer);
  if (!with_predicate) return;
  const Ref zero = decoder.constant(0, 'w');
  const Ref nonzero = compare(decoder, "setp.ne.b32", d, zero);
  combine(decoder, decoder.instruction().modifiers.front(), p, {nonzero, q});
}

namespace {

Ref half_of(Decoder& decoder, Ref pair, bool high) {
  const Ref half = decoder.scratch('w');
  Op& op = decoder.emit(high ? "$high.b16" : "$low.b16");
  op.d = half;
  op.a = pair;
  return half;
}

// Of the low halves and of the high ones of the instruction's operands 1 and 2, with the boolean
// operator's operand 3. The opcode is that of one half.
Predicates compare_halves(Decoder& decoder, const std::string& opcode, const std::string& boolean) {
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref b = decoder.source(decoder.operand(2), 'w');
  const Ref c = boolean.empty() ? kNoRef : decoder.source(decoder.operand(3), 'p');
  Ref results[2];
  for (int i = 0; i < 2; ++i) {
    const Ref x = half_of(decoder, a, i == 1);
    const Ref y = half_of(decoder, b, i == 1);
    results[i] = compare(decoder, opcode, x, y);
    if (boolean.empty()) continue;
    const Ref both = decoder.scratch('p');
    combine(decoder, boolean, both, {results[i], c});
    results[i] = both;
  }
  return {results[0], results[1]};
}

// Writes both; the predicate that guards the instruction last, as each write reads it.
void write_pair(Decoder& decoder, const Operand& target, Predicates values) {
  const Operand& first = target.elements.at(0);
  const Operand& second = target.elements.at(1);
  const Ref p = decoder.destination(first, 'p');
  const Ref q = decoder.destination(second, 'p');
  const auto& guard = decoder.instruction().guard;
  const bool guarded_by_second =
      guard && second.kind == OperandKind::Register && second.reg == guard->reg;
  if (guarded_by_second) combine(decoder, "", p, {values.a, kNoRef});
  combine(decoder, "", q, {values.b, kNoRef});
  if (!guarded_by_second) combine(decoder, "", p, {values.a, kNoRef});
}

}  // namespace

// setp.cmp[.bool] p[|q], a, b[, c]: p = (a cmp b) bool c, q = !(a cmp b) bool c.
void decode_compare(Decoder& decoder) {
  std::string opcode = "setp";
  std::string boolean;
  for (const std::string& modifier : decoder.instruction().modifiers) {
    if (is_boolean(modifier)) {
      boolean = modifier;
    } else {
      opcode += "." + modifier;
    }
  }
  const Operand& target = decoder.operand(0);
  const bool is_pair = target.kind == OperandKind::Pair;
  if (boolean.empty() && !is_pair) {
    decode_by_table(decoder, opcode);
    return;
  }
  if (opcode.ends_with("x2")) {
    if (!is_pair) throw Unsupported{"a comparison of pairs with one result"};
    opcode.resize(opcode.size() - 2);
    write_pair(decoder, target, compare_halves(decoder, opcode, boolean));
    return;
  }
  const Ref result = compare(decoder, opcode);
  const Ref other = boolean.empty() ? kNoRef : decoder.source(decoder.operand(3), 'p');
  if (!is_pair) {
    combine(decoder, boolean, decoder.destination(target, 'p'), {result, other});
    return;
  }
  // The third source may be p or q: it is read before either is written.
  const Ref inverse = negate(decoder, result);
  const Ref p_value = decoder.scratch('p');
  combine(decoder, boolean, p_value, {result, other});
  const Ref q_value = decoder.scratch('p');
  combine(decoder, boolean, q_value, {inverse, other});
  write_pair(decoder, target, {p_value, q_value});
}

namespace {

// What set writes for true.
std::uint64_t true_value(const std::string& type) {
  if (type == "f32") return 0x3F800000;
  if (type == "f16") return 0x3C00;
  if (type == "bf16") return 0x3F80;
  if (type == "u16" || type == "s16") return 0xFFFF;
  if (type == "u32" || type == "s32") return 0xFFFFFFFF;
  throw Unsupported{"set with this result"};
}

Ref select(Decoder& decoder, const std::string& type, Ref predicate, Ref d) {
  const bool narrow = type.ends_with("16");
  const Ref yes = decoder.constant(true_value(type), narrow ? 'h' : 'w');
  const Ref no = decoder.constant(0, narrow ? 'h' : 'w');
  Op& op = decoder.emit(narrow ? "selp.b16" : "selp.b32");
  op.d = d;
  op.a = yes;
  op.b = no;
  op.c = predicate;
  return d;
}

// set of pairs compares each half by itself.
void set_pair(Decoder& decoder, const std::string& type, Predicates results) {
  const Ref low = select(decoder, type, results.a, decoder.scratch('w'));
  const Ref high = select(decoder, type, results.b, decoder.scratch('w'));
  const Ref d = decoder.destination(decoder.operand(0), 'w');
  Op& op = decoder.emit("$pack.b16x2");
  op.d = d;
  op.a = low;
  op.b = high;
}

}  // namespace

// set.cmp[.bool][.ftz].dtype.stype d, a, b[, c]
void decode_set(Decoder& decoder) {
  const auto& modifiers = decoder.instruction().modifiers;
  if (modifiers.size() < 3) throw Unsupported{"this form of the instruction"};
  std::string opcode = "setp";
  std::string boolean;
  for (std::size_t i = 0; i + 2 < modifiers.size(); ++i) {
    if (is_boolean(modifiers[i])) {
      boolean = modifiers[i];
    } else {
      opcode += "." + modifiers[i];
    }
  }
  std::string type = modifiers[modifiers.size() - 2];
  std::string source = modifiers.back();
  if (source.ends_with("x2")) {
    source.resize(source.size() - 2);
    if (type.ends_with("x2")) type.resize(type.size() - 2);
    if (type.ends_with("32")) type = "u16";
    return set_pair(decoder, type, compare_halves(decoder, opcode + "." + source, boolean));
  }
  Ref result = compare(decoder, opcode + "." + source);
  if (!boolean.empty()) {
    const Ref c = decoder.source(decoder.operand(3), 'p');
    const Ref both = decoder.scratch('p');
    combine(decoder, boolean, both, {result, c});
    result = both;
  }
  select(decoder, type, result,
         decoder.destination(decoder.operand(0), type.ends_with("16") ? 'h' : 'w'));
}

void decode_ignored(Decoder&) {}

void decode_texture(Decoder&) {
  throw Unsupported{"textures and surfaces"};
}

void decode_refused(Decoder& decoder) {
  struct Row {
    std::string_view opcode;
    std::string_view reason;
  };
  constexpr std::string_view kStack =
      "stack memory whose size is known only at run time; use a local array of fixed size";
  constexpr std::array kRows{
      Row{"alloca", kStack},
      Row{"stacksave", kStack},
      Row{"stackrestore", kStack},
      Row{"wgmma",
          "warpgroup matrices; test this kernel on a GPU, or one for compute_80 with "
          "mma.sync here"},
      Row{"tcgen05", "tensor memory; test this kernel on a GPU, or one for compute_80 here"},
      Row{"multimem", "memory of several GPUs; test this kernel on them"},
  };
  for (const Row& row : kRows) {
    if (row.opcode == decoder.instruction().opcode) throw Unsupported{std::string(row.reason)};
  }
  throw Unsupported{"this instruction"};
}

}  // namespace fitest::ptx
