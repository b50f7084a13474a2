package import NeuralFields
package import VolumeRendering

/// What a whole fit found: camera, code, change of the weights, and how far to trust it.
package struct FitResult: Sendable {
  package let latent: SceneLatent
  /// Pictures in the size that was fitted to, with given or found cameras.
  package let views: [(picture: FitPicture, camera: Camera)]
  package let code: Fitter.CodeResult
  /// Where a camera was looked for.
  package let search: Fitter.CameraResult?
  /// Where the weights were refined and some step was better than none.
  package let refinement: Refinement?
  package let assessment: FitAssessment
}

extension Fitter {
  /// Fits a latent to pictures: the camera where it is not known, then the code, then the weights.
  ///
  /// - Parameters:
  ///   - pictures: with cameras of their sizes; a picture without one must be the only one.
  ///   - view: for a camera that is not known: one at the expected distance, with the field of view.
  ///   - pivot: the point that such a camera looks at.
  ///   - refines: whether the generated weights may change.
  ///   - isOutOfTime: asked after every step of code and weights.
  package mutating func fit(
    _ pictures: [(picture: FitPicture, camera: Camera?)], like view: Camera, pivot: SIMD3<Float>,
    refines: Bool, isOutOfTime: () -> Bool = { false }
  ) -> FitResult {
    var search: CameraResult?
    let known = pictures.map { picture, camera -> View in
      let small = picture.reduced(toSide: settings.pictureSide)
      if let camera { return (small, camera.resized(width: small.width, height: small.height)) }
      let found = findCamera(of: small, like: view, pivot: pivot)
      search = found
      return (small, found.hypotheses[0].camera)
    }
    let code = fitCode(
      to: rays(of: known), from: search.map { [$0.hypotheses[0].whitened] } ?? [],
      isOutOfTime: isOutOfTime)
    var latent = SceneLatent(code: code.code)
    var refinement: Refinement?
    if refines {
      refinement = refine(
        code.code, rays: rays(of: known, heldOutShare: settings.heldOutShare),
        isOutOfTime: isOutOfTime)
      if let refinement { latent.changes = [WeightedChange(change: refinement.change)] }
    }
    return FitResult(
      latent: latent, views: known, code: code, search: search, refinement: refinement,
      assessment: assess(
        latent, views: known, confidence: search?.confidence,
        codePSNR: assess(SceneLatent(code: code.code), views: known).psnr))
  }
}
