// SPDX-License-Identifier: Apache-2.0
// cvt: the usual forms by the tables, all others lane by lane through conversion.h.
#include "ptx/chapters.h"
#include "ptx/conversion.h"
#include "ptx/execution.h"
#include "ptx/lanes.h"

namespace fitest::ptx {
namespace {

using namespace baseline;

bool is_signed_type(Type type) {
  return type == Type::S8 || type == Type::S16 || type == Type::S32 || type == Type::S64;
}

// op.aux: index into Program::conversions; flags of the rows' widths in imm.
constexpr std::int64_t kWideSource = 1;
constexpr std::int64_t kWideResult = 2;

u64 cell(const Warp& warp, Ref ref, bool wide, int lane) {
  return wide ? row64(warp, ref)[lane] : row32(warp, ref)[lane];
}

Step convert_lanes(Warp& warp, const Op& op) {
  const ConversionForm& form = warp.execution->program().conversions[op.aux];
  const bool wide_source = (op.imm & kWideSource) != 0;
  for_each_lane(warp.mask, [&](int lane) {
    ConversionSources sources;
    sources.a = cell(warp, op.a, wide_source, lane);
    if (op.b != kNoRef) sources.b = cell(warp, op.b, wide_source, lane);
    const u64 result = convert(form, sources);
    if ((op.imm & kWideResult) != 0) {
      row64(warp, op.d)[lane] = result;
    } else {
      row32(warp, op.d)[lane] = static_cast<u32>(result);
    }
  });
  return Step::Next;
}

}  // namespace

void decode_convert(Decoder& decoder) {
  const Instruction& instruction = decoder.instruction();
  const std::string opcode = instruction.full_opcode();
  if (find_handler(opcode) != nullptr) return decode_by_table(decoder, opcode);
  const auto form = parse_conversion(instruction.modifiers);
  if (!form) throw Unsupported{"this form of the instruction"};
  const bool wide_source = bits_of(form->from) == 64;
  const bool wide_result = bits_of(form->to) == 64;
  const Ref a = decoder.source(decoder.operand(1), wide_source ? 'l' : 'w');
  const Ref b = has_two_sources(*form) ? decoder.source(decoder.operand(2), 'w') : kNoRef;
  const Ref d =
      decoder.destination(decoder.operand(0), wide_result ? 'l' : 'w', is_signed_type(form->to));
  decoder.program().conversions.push_back(*form);
  Op& op = decoder.emit(&convert_lanes);
  op.d = d;
  op.a = a;
  op.b = b;
  op.imm = (wide_source ? kWideSource : 0) | (wide_result ? kWideResult : 0);
  op.aux = static_cast<std::uint32_t>(decoder.program().conversions.size() - 1);
}

}  // namespace fitest::ptx
