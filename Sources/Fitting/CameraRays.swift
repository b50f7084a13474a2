package import Kernels
package import NeuralFields
package import Training
package import VolumeRendering

/// The pixels of one picture whose camera is not known yet: rays are made anew for every camera.
package struct CameraRays: Sendable {
  package let picture: FitPicture
  /// Pixels to learn from, and pixels that tell which camera is the best.
  private var training: [Int32] = []
  private var heldOut: [Int32] = []

  package init(_ picture: FitPicture, heldOutShare: Float, random: SeededGenerator) {
    self.picture = picture
    var random = random
    for pixel in 0..<picture.width * picture.height {
      if random.uniform() < heldOutShare {
        heldOut.append(Int32(pixel))
      } else {
        training.append(Int32(pixel))
      }
    }
  }

  /// Draws pixels at random and makes their rays.
  ///
  /// - Parameters:
  ///   - camera: of the picture's size.
  ///   - mirror: the plane of symmetry; with the chance `mirrorShare` a ray is a mirror image.
  /// - Returns: rays, and which of them are mirror images.
  package func draw(
    _ count: Int, camera: Camera, mirror: MirrorPlane?, mirrorShare: Float,
    within box: BoundingBox, near: Float, random: SeededGenerator
  ) -> (rays: [TrainingRay], isMirrored: [Bool]) {
    var rays: [TrainingRay] = []
    var flags: [Bool] = []
    for index in 0..<count {
      var own = random.split(UInt64(index))
      let isMirrored = own.uniform() < mirrorShare && mirror != nil
      let pixel = Int(training[own.index(below: training.count)])
      rays.append(
        ray(
          of: pixel, camera: camera, mirror: isMirrored ? mirror : nil, within: box, near: near,
          random: &own))
      flags.append(isMirrored)
    }
    return (rays, flags)
  }

  /// The rays of all pixels, or of those that were held out, each time with the same draws.
  package func all(
    onlyHeldOut: Bool, camera: Camera, within box: BoundingBox, near: Float
  ) -> [TrainingRay] {
    let random = SeededGenerator(seed: 12)
    let pixels =
      onlyHeldOut && !heldOut.isEmpty
      ? heldOut.map { Int($0) } : Array(0..<picture.width * picture.height)
    return pixels.map { pixel in
      var own = random.split(UInt64(pixel))
      return ray(
        of: pixel, camera: camera, mirror: nil, within: box, near: near, random: &own)
    }
  }

  private func ray(
    of pixel: Int, camera: Camera, mirror: MirrorPlane?, within box: BoundingBox, near: Float,
    random: inout SeededGenerator
  ) -> TrainingRay {
    let (row, column) = pixel.quotientAndRemainder(dividingBy: picture.width)
    let direction = camera.direction(throughPoint: [Float(column) + 0.5, Float(row) + 0.5])
    let colour = picture.colours[pixel]
    return TrainingRay(
      origin: mirror?.mirrored(camera.position) ?? camera.position,
      direction: mirror?.mirrored(direction: direction) ?? direction,
      colour: picture.background == nil ? colour * picture.coverage[pixel] : colour,
      coverage: picture.coverage[pixel], background: picture.background, within: box, near: near,
      random: &random)
  }
}
