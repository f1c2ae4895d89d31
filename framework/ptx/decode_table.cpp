// SPDX-License-Identifier: Apache-2.0
// Instructions whose forms the tables list, and which chapter decodes the others.
#include <fmt/format.h>

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
  Op& op = decoder.emit(entry.handler);
  op.d = d;
  op.a = sources[0];
  op.b = sources[1];
  op.c = sources[2];
  op.e = sources[3];
}

void decode_lop3(Decoder& decoder) {
  const bool with_predicate = decoder.instruction().modifiers.size() > 1;
  if (with_predicate) throw Unsupported{"lop3 with a predicate result"};
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref b = decoder.source(decoder.operand(2), 'w');
  const Ref c = decoder.source(decoder.operand(3), 'w');
  const Ref d = decoder.destination(decoder.operand(0), 'w');
  Op& op = decoder.emit("lop3.b32");
  op.d = d;
  op.a = a;
  op.b = b;
  op.c = c;
  op.aux = static_cast<std::uint32_t>(decoder.operand(4).integer);
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
  Op& op = decoder.emit(entry.handler);
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
  const Ref result = compare(decoder, opcode);
  const Ref other = boolean.empty() ? kNoRef : decoder.source(decoder.operand(3), 'p');
  const Ref inverse = is_pair ? negate(decoder, result) : kNoRef;
  const Operand& first = is_pair ? target.elements.at(0) : target;
  const Ref p = decoder.destination(first, 'p');
  const Ref q = is_pair ? decoder.destination(target.elements.at(1), 'p') : kNoRef;
  // The guard and the third source may be p or q: they are read before either is written.
  const Ref p_value = decoder.scratch('p');
  combine(decoder, boolean, p_value, {result, other});
  if (is_pair) {
    const Ref q_value = decoder.scratch('p');
    combine(decoder, boolean, q_value, {inverse, other});
    if (decoder.instruction().guard) throw Unsupported{"a guarded setp with two results"};
    combine(decoder, "", q, {q_value, kNoRef});
  }
  combine(decoder, "", p, {p_value, kNoRef});
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

Ref half_of(Decoder& decoder, Ref pair, bool high) {
  const Ref half = decoder.scratch('w');
  Op& op = decoder.emit(high ? "$high.b16" : "$low.b16");
  op.d = half;
  op.a = pair;
  return half;
}

// set of pairs compares each half by itself.
void set_pair(Decoder& decoder, const std::string& opcode, const std::string& type) {
  const Ref a = decoder.source(decoder.operand(1), 'w');
  const Ref b = decoder.source(decoder.operand(2), 'w');
  Ref half[2];
  for (int i = 0; i < 2; ++i) {
    const Ref x = half_of(decoder, a, i == 1);
    const Ref y = half_of(decoder, b, i == 1);
    half[i] = select(decoder, type, compare(decoder, opcode, x, y), decoder.scratch('w'));
  }
  const Ref d = decoder.destination(decoder.operand(0), 'w');
  Op& op = decoder.emit("$pack.b16x2");
  op.d = d;
  op.a = half[0];
  op.b = half[1];
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
    if (!boolean.empty()) throw Unsupported{"set of pairs with a boolean operator"};
    source.resize(source.size() - 2);
    if (type.ends_with("x2")) type.resize(type.size() - 2);
    if (type.ends_with("32")) type = "u16";
    return set_pair(decoder, opcode + "." + source, type);
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

}  // namespace fitest::ptx
