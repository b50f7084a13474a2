import Kernels
import NeuralFields

/// How a new scene follows from another one, exactly: an affine map of space, and one of colours.
///
///     x′ = S (x − c) + c        S = diag(s)
///     colour′ = a P colour + b
///
/// What a camera sees along the ray (o, d) of a scene, it sees of the new one along (o′, S d): the pictures
/// of one are pictures of the other. P permutes the channels.
package struct SceneVariant: Sendable, Hashable {
  /// s, per axis, > 0.
  package var scale = SIMD3<Float>(repeating: 1)
  /// c: what stays in its place, scene units.
  package var centre = SIMD3<Float>.zero
  /// P: which channel becomes red, green and blue.
  package var channels = SIMD3<Int>(0, 1, 2)
  /// a and b: brightness is held to b…a + b, inside [0, 1].
  package var contrast: Float = 1
  package var brightness: Float = 0

  package init() {}

  /// The variant of one number: the same for the same seed.
  ///
  /// - Parameters:
  ///   - number: from 1 on.
  ///   - centre: of the bound.
  init(number: Int, ofScene scene: Int, centre: SIMD3<Float>, seed: UInt64) {
    var random = SeededGenerator(seed: seed, 3, UInt64(scene)).split(UInt64(number))
    self.centre = centre
    for axis in 0..<3 { scale[axis] = 0.8 + 0.28 * random.uniform() }
    let order = [0, 1, 2].shuffled(using: &random)
    channels = SIMD3(order[0], order[1], order[2])
    contrast = 0.7 + 0.3 * random.uniform()
    brightness = (1 - contrast) * random.uniform()
  }

  func position(_ position: SIMD3<Float>) -> SIMD3<Float> {
    (position - centre) * scale + centre
  }

  /// A direction, of another length.
  func direction(_ direction: SIMD3<Float>) -> SIMD3<Float> { direction * scale }

  func colour(_ colour: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(colour[channels.x], colour[channels.y], colour[channels.z]) * contrast + brightness
  }
}

extension TrainingScene {
  /// Some scenes, and then as many variants of each as are wanted, which are named NAME~1, NAME~2 and so on.
  ///
  /// - Precondition: scenes that get variants have transparent backgrounds: what lies behind an object
  ///   does not change with it.
  package static func family(
    of scenes: [TrainingScene], variantsPerScene: Int, centre: SIMD3<Float>, seed: UInt64
  ) -> [TrainingScene] {
    var family = scenes
    for number in 1..<variantsPerScene + 1 {
      for (index, scene) in scenes.enumerated() {
        family.append(
          scene.varied(
            by: SceneVariant(number: number, ofScene: index, centre: centre, seed: seed),
            name: variantName(of: scene.name, number: number)))
      }
    }
    return family
  }

  /// The names that `family` gives.
  package static func familyNames(of names: [String], variantsPerScene: Int) -> [String] {
    names
      + (1..<variantsPerScene + 1).flatMap { number in
        names.map { variantName(of: $0, number: number) }
      }
  }

  private static func variantName(of name: String, number: Int) -> String {
    "\(name)\(LatentTable.variantSeparator)\(number)"
  }
}
