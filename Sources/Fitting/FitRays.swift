package import Kernels
package import NeuralFields
package import Training
package import VolumeRendering

/// The rays of the pictures that a fit looks at, with their mirror images where scenes are symmetric.
package struct FitRays: Sendable {
  /// A pixel of a camera's picture.
  struct Pixel: Sendable {
    let camera: Int
    let column: Int
    let row: Int
    /// The colour times the coverage where that is known, else the colour.
    let colour: SIMD3<Float>
    let coverage: Float
    /// nil: any colour may stand behind the object.
    let background: SIMD3<Float>?
  }

  private let cameras: [Camera]
  private let mirror: MirrorPlane?
  /// Pixels to learn from, and pixels that tell when to stop.
  private(set) var training: [Pixel] = []
  private(set) var heldOut: [Pixel] = []
  /// The chance that a drawn ray is a mirrored one.
  private let mirrorShare: Float

  /// - Parameters:
  ///   - views: pictures and their cameras, of the pictures' sizes.
  ///   - mirror: the plane of symmetry.
  ///   - mirrorShare: the chance that a drawn ray is a mirrored one, where there is a plane and one
  ///     view; it falls with the root of their number.
  ///   - heldOutShare: of the pixels, chosen at random from `random`.
  package init(
    _ views: [(picture: FitPicture, camera: Camera)], mirror: MirrorPlane?, mirrorShare: Float,
    heldOutShare: Float, random: SeededGenerator
  ) {
    self.mirror = mirror
    // The more sides are seen, the less a mirror image can add.
    self.mirrorShare = mirror == nil ? 0 : mirrorShare / Float(views.count).squareRoot()
    cameras = views.map(\.camera)
    for (index, (picture, camera)) in views.enumerated() {
      precondition(
        picture.width == camera.width && picture.height == camera.height,
        "found a picture of another size than its camera's")
      var own = random.split(UInt64(index))
      for pixel in 0..<picture.width * picture.height {
        let (row, column) = pixel.quotientAndRemainder(dividingBy: picture.width)
        let colour = picture.colours[pixel]
        let seen = Pixel(
          camera: index, column: column, row: row,
          colour: picture.background == nil ? colour * picture.coverage[pixel] : colour,
          coverage: picture.coverage[pixel], background: picture.background)
        if own.uniform() < heldOutShare { heldOut.append(seen) } else { training.append(seen) }
      }
    }
  }

  package var viewCount: Int { cameras.count }
  package var pixelCount: Int { training.count }
  package var heldOutCount: Int { heldOut.count }

  /// Draws rays at random, each through a random point of the middle of its pixel.
  ///
  /// A pixel shows the mean over its area, and rays through one point of each would leave what lies
  /// between them open; its rim belongs to the neighbours as much.
  ///
  /// - Parameter box: outside of which nothing is: rays are cut to it.
  package func draw(
    _ count: Int, within box: BoundingBox, near: Float, random: SeededGenerator
  ) -> [TrainingRay] {
    (0..<count).map { index in
      var own = random.split(UInt64(index))
      let mirror = own.uniform() < mirrorShare ? mirror : nil
      let pixel = training[own.index(below: training.count)]
      let place = SIMD2(0.25 + 0.5 * own.uniform(), 0.25 + 0.5 * own.uniform())
      return ray(
        of: pixel, at: place, mirror: mirror, within: box, near: near, random: &own)
    }
  }

  /// Rays through up to `count` pixels of each view, evenly spread over the picture, at random within
  /// their shares of it.
  ///
  /// A view's rays do not depend on the views after it, where there is no plane of symmetry.
  package func spread(
    _ count: Int, within box: BoundingBox, near: Float, random: SeededGenerator
  ) -> [TrainingRay] {
    var rays: [TrainingRay] = []
    for view in cameras.indices {
      let pixels = training.filter { $0.camera == view }
      let own = random.split(UInt64(view))
      for index in 0..<min(count, pixels.count) {
        var ray = own.split(UInt64(index))
        let mirror = ray.uniform() < mirrorShare ? mirror : nil
        let first = index * pixels.count / count
        let end = max(first + 1, (index + 1) * pixels.count / count)
        let pixel = pixels[first + ray.index(below: end - first)]
        let place = SIMD2(0.25 + 0.5 * ray.uniform(), 0.25 + 0.5 * ray.uniform())
        rays.append(
          self.ray(of: pixel, at: place, mirror: mirror, within: box, near: near, random: &ray))
      }
    }
    return rays
  }

  /// Up to `limit` of the pixels that were held out, each time with the same draws.
  package func heldOutRays(within box: BoundingBox, near: Float, limit: Int) -> [TrainingRay] {
    let random = SeededGenerator(seed: 11)
    return FitModel.spread(over: heldOut.count, count: limit).map { index in
      var own = random.split(UInt64(index))
      return ray(
        of: heldOut[index], at: [0.5, 0.5], mirror: nil, within: box, near: near, random: &own)
    }
  }

  private func ray(
    of pixel: Pixel, at place: SIMD2<Float>, mirror: MirrorPlane?, within box: BoundingBox,
    near: Float, random: inout SeededGenerator
  ) -> TrainingRay {
    let camera = cameras[pixel.camera]
    let direction = camera.direction(
      throughPoint: [Float(pixel.column) + place.x, Float(pixel.row) + place.y])
    return TrainingRay(
      origin: mirror?.mirrored(camera.position) ?? camera.position,
      direction: mirror?.mirrored(direction: direction) ?? direction, colour: pixel.colour,
      coverage: pixel.coverage, background: pixel.background, within: box, near: near,
      random: &random)
  }
}

extension TrainingRay {
  /// A ray to a pixel; where its background is open, one colour stands behind pixel and prediction.
  ///
  /// - Parameter colour: times the coverage where the background is open.
  init(
    origin: SIMD3<Float>, direction: SIMD3<Float>, colour: SIMD3<Float>, coverage: Float,
    background: SIMD3<Float>?, within box: BoundingBox, near: Float,
    random: inout SeededGenerator
  ) {
    let behind = background ?? SIMD3(random.uniform(), random.uniform(), random.uniform())
    self.init(
      ray: Ray(origin: origin, direction: direction, within: box, near: near),
      target: background == nil ? colour + behind * (1 - coverage) : colour, background: behind,
      offset: random.uniform())
  }
}
