document.body.textContent = "Hexagram";
