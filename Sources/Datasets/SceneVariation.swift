import Kernels
import NeuralFields

/// How the shapes that name it differ between the members of a family of scenes.
///
/// All shapes of one variation share its draws, so that eyes stay on a head that moves. JSON: `name`
/// and, each 0 unless given, `size` (share, 0…0.9), `position` (± per axis) and `hue` (± degrees).
package struct SceneVariation: Sendable, Equatable {
  package var name: String

  /// Sizes are multiplied by a factor in 1 ± this, about the centre of the first shape.
  package var sizeShare: Float

  /// Positions move by up to ± this per axis, scene units.
  package var positionRange: SIMD3<Float>

  /// Hues turn by up to ± this, radians.
  package var hueRange: Float

  package init(
    name: String, sizeShare: Float = 0, positionRange: SIMD3<Float> = .zero, hueRange: Float = 0
  ) {
    self.name = name
    self.sizeShare = sizeShare
    self.positionRange = positionRange
    self.hueRange = hueRange
  }
}

extension SceneDescription {
  /// A family of scenes: so many members, each drawn from its own stream.
  ///
  /// A member depends on the seed and on its own number, not on how many there are.
  package func family(count: Int, seed: UInt64) -> [SceneDescription] {
    (0..<count).map { member in
      var generator = SeededGenerator(seed: seed, UInt64(member))
      return varied(using: &generator)
    }
  }

  /// A member of the scene's family: every variation drawn once, in order, uniformly in its ranges.
  ///
  /// The number of draws depends on the number of variations alone, so that a change of one range
  /// leaves the others' draws as they were.
  package func varied(using generator: inout some RandomNumberGenerator) -> SceneDescription {
    var scene = self
    for (index, variation) in variations.enumerated() {
      let factor = 1 + variation.sizeShare * symmetricDraw(using: &generator)
      let offset =
        variation.positionRange
        * SIMD3(
          symmetricDraw(using: &generator), symmetricDraw(using: &generator),
          symmetricDraw(using: &generator))
      let angle = variation.hueRange * symmetricDraw(using: &generator)

      let members = scene.shapes.indices.filter {
        scene.shapes[$0].variationIndices.contains(index)
      }
      guard let first = members.first else { continue }
      let pivot = scene.shapes[first].shape.centre
      for member in members {
        var shape = scene.shapes[member].shape.scaled(by: factor)
        shape.centre = pivot + (shape.centre - pivot) * factor + offset
        shape.colouring = shape.colouring.turned(byHue: angle)
        scene.shapes[member].shape = shape
      }
    }
    return scene
  }
}

/// A uniform draw from the 2²⁴ evenly spaced numbers of [−1, 1).
private func symmetricDraw(using generator: inout some RandomNumberGenerator) -> Float {
  Float(generator.next() >> 40) * 0x1p-23 - 1
}
