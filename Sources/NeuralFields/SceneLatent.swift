/// What makes one scene of a model: a code, and changes of the weights that the code generates.
///
///     field weights = hypernetwork(code) + Σᵢ weightᵢ · changeᵢ
package struct SceneLatent: Sendable, Hashable {
  package var code: LatentCode
  /// None for a scene that the model was trained on.
  package var changes: [WeightedChange]

  package init(code: LatentCode, changes: [WeightedChange] = []) {
    self.code = code
    self.changes = changes
  }

  /// A weighted sum of scenes.
  ///
  ///     code = Σᵢ wᵢ codeᵢ
  ///
  /// A scene's changes are multiplied by its weight, so that they fade with it; where several scenes
  /// share a change, its weights are added up. Weights need not add up to 1.
  ///
  /// - Precondition: there is at least one part, and all codes have one width.
  package static func mix(_ parts: [(latent: SceneLatent, weight: Float)]) -> SceneLatent {
    guard let first = parts.first else { preconditionFailure("found no parts, expected some") }
    var code = [Float](repeating: 0, count: first.latent.code.values.count)
    var changes: [WeightedChange] = []
    for (latent, weight) in parts {
      precondition(
        latent.code.values.count == code.count,
        "found a code of width \(latent.code.values.count), expected \(code.count)")
      for index in code.indices { code[index] += weight * latent.code.values[index] }
      for own in latent.changes {
        if let place = changes.firstIndex(where: { $0.change == own.change }) {
          changes[place].weight += weight * own.weight
        } else {
          changes.append(WeightedChange(change: own.change, weight: weight * own.weight))
        }
      }
    }
    return SceneLatent(code: LatentCode(code), changes: changes.filter { $0.weight != 0 })
  }
}

/// A change of field weights, and how much of it there is.
package struct WeightedChange: Sendable, Hashable {
  package var change: WeightChange
  /// 1 for the whole change, 0 for none of it.
  package var weight: Float

  package init(change: WeightChange, weight: Float = 1) {
    self.change = change
    self.weight = weight
  }
}
