import { Emulator } from 'vipps-emulator'
const starts=[], controls=[]
for (let i=0;i<25;i++){ const t=performance.now(); const v=await Emulator.start({merchants:['123456']}); starts.push(performance.now()-t); for(let j=0;j<100;j++){const u=performance.now(); await v.count('/x'); controls.push(performance.now()-u)} await v.stop() }
const q=(a,p)=>a.sort((x,y)=>x-y)[Math.floor(a.length*p)].toFixed(2)
console.log('start min',q(starts,0),'median',q(starts,.5),'control min',q(controls,0),'median',q(controls,.5),'p90',q(controls,.9))
