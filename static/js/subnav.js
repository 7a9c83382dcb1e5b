/* The menu of a group scrolls sideways on a phone: the page one is on is never out of sight. */
hk.on("DOMContentLoaded", () => {
  const here = hk.$(".subnav .on");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2 - here.parentElement.offsetLeft;
});
