import Datasets
import Foundation
import NeuralFields
import Training

/// What a training takes for options that are left open, for its help.
extension TrainingOptions {
  /// A line for each option: one value, or those for many scenes, one object and photographs.
  static var defaults: String {
    let bound = SceneBound(box: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]))
    let records = TrainingPlan.Kind.allCases.map {
      TrainingPlan(for: $0, bound: bound, hasVariants: true).record
    }
    let kinds = TrainingPlan.Kind.allCases.map(\.rawValue)
    return
      (["  option: value, or those for " + kinds.joined(separator: " / ")]
      + records[0].keys.sorted().map { name in
        let values = records.map { $0[name] ?? "" }
        return "  \(name): "
          + (Set(values).count == 1 ? values[0] : values.joined(separator: " / "))
      }).joined(separator: "\n")
  }
}
