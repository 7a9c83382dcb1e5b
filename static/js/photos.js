/* Two photos of one place over each other: the slider says how much of the upper one shows. */
(() => {
  const slider = document.querySelector("[data-over]");
  const upper = document.querySelector(".over .top");
  if (!slider || !upper) return;
  const show = () => upper.style.setProperty("--cut", `${slider.value}%`);
  slider.addEventListener("input", show);
  show();
})();
