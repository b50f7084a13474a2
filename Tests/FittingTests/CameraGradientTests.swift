import Checkpoints
import Fitting
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Camera gradient")
struct CameraGradientTests {
  static let pivot: SIMD3<Float> = [0.1, -0.05, 0.02]
  static let plane = MirrorPlane(axis: 0, offset: 0.05, likeness: 1)

  /// Rays of a moved camera, every other one mirrored, each with its own stretch of the bound.
  static func rays(_ motion: CameraMotion, mirrored: Bool) -> (rays: [TrainingRay], flags: [Bool]) {
    let camera = motion.applied(to: FitFixture.camera(0, size: 16), pivot: pivot)
    var random = SeededGenerator(seed: 31)
    var rays: [TrainingRay] = []
    var flags: [Bool] = []
    for index in 0..<120 {
      let point = SIMD2(16 * random.uniform(), 16 * random.uniform())
      let direction = camera.direction(throughPoint: point)
      let isMirrored = mirrored && index % 2 == 1
      rays.append(
        TrainingRay(
          ray: Ray(
            origin: isMirrored ? plane.mirrored(camera.position) : camera.position,
            direction: isMirrored ? plane.mirrored(direction: direction) : direction, tNear: 2.4,
            tFar: 3.7),
          target: [random.uniform(), random.uniform(), random.uniform()],
          background: [random.uniform(), random.uniform(), random.uniform()],
          offset: random.uniform()))
      flags.append(isMirrored)
    }
    return (rays, flags)
  }

  static func evaluate(
    _ motion: CameraMotion, mirrored: Bool
  ) -> CameraBackpropagation.Sums {
    let shape = FitFixture.field.kernelShape(over: TinyModels.cube)
    let weights = FitFixture.checkpoint.hypernetwork.weights(
      for: FitFixture.checkpoint.latents[0])
    let worker = CameraBackpropagation(shape: shape, samplesPerDiagonal: 64)
    var gradient = [Float](repeating: 0, count: shape.weightCount)
    let (rays, flags) = rays(motion, mirrored: mirrored)
    return worker.accumulate(
      rays: rays, isMirrored: flags, weight: 1, interval: TinyModels.cube.diagonal / 64,
      field: PackedFieldWeights(shape: shape, weights: weights.values.span),
      occupied: FitOccupancy(everywhereIn: TinyModels.cube).occupied, pivot: pivot, mirror: plane,
      weightGradient: &gradient)
  }

  @Test(
    "rotation and shift of the camera have the gradient of finite differences",
    arguments: [false, true])
  func motion(mirrored: Bool) {
    let still = CameraMotion(rotation: .zero, shift: .zero)
    let found = Self.evaluate(still, mirrored: mirrored).motion
    // Between two points some rectifiers of the network switch: a short step, and some tolerance.
    let step: Float = 5e-4
    var expected: [Double] = []
    for axis in 0..<6 {
      func loss(_ size: Float) -> Double {
        var motion = still
        if axis < 3 { motion.rotation[axis] = size } else { motion.shift[axis - 3] = size }
        return Self.evaluate(motion, mirrored: mirrored).loss
      }
      expected.append((loss(step) - loss(-step)) / Double(2 * step))
    }
    let slopes = (0..<6).map { $0 < 3 ? found.rotation[$0] : found.shift[$0 - 3] }
    #expect(expected.contains { abs($0) > 0.1 })
    #expect(Tolerance.errorOfLargest(slopes, expected) < 0.03)
  }

  @Test("a motion keeps a camera's axes perpendicular and of unit length")
  func axes() {
    var camera = FitFixture.camera(1)
    for index in 0..<200 {
      let motion = CameraMotion(
        rotation: [0.1, -0.07, 0.02 * Float(index % 5)], shift: [0.01, 0, -0.01])
      camera = motion.applied(to: camera, pivot: [0.3, 0, 0])
    }
    #expect(abs(camera.right.length - 1) < 1e-5 && abs(camera.backward.length - 1) < 1e-5)
    #expect(abs(camera.right.dot(camera.backward)) < 1e-5)
    #expect((camera.backward.cross(camera.right) - camera.up).length < 1e-5)
  }

  @Test("the angle between two cameras is that of the rotation", arguments: [0.1, 1, 3] as [Float])
  func angle(radians: Float) {
    let camera = FitFixture.camera(2)
    let axis = SIMD3<Float>(1, 2, -2) / 3
    let turned = CameraMotion(rotation: axis * radians, shift: .zero)
      .applied(to: camera, pivot: .zero)
    #expect(abs(camera.angle(to: turned) - radians) < 2e-3)
  }
}
