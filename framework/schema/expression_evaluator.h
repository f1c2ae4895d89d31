// SPDX-License-Identifier: Apache-2.0
// Evaluates the syntax tree of an Expression.
#pragma once

#include "schema/expression.h"
#include "schema/expression_node.h"

namespace fitest {

ExpressionValue evaluate_expression(const Expression::Node& node, const ExpressionScope& scope,
                                    const SourcePtr& source);

// Python's truth: zero and False are false.
bool is_true(const ExpressionValue& value);

}  // namespace fitest
